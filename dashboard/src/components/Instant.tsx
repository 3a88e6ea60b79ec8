import { formatAgo, formatInstant, formatUtc } from "../format/times";

/** An instant in the reader's zone, with UTC on hover; `ago` tells how long it is past instead. */
export function Instant({ at, ago = false }: { at: string; ago?: boolean }) {
  return (
    <time dateTime={at} title={ago ? `${formatInstant(at)} · ${formatUtc(at)}` : formatUtc(at)}>
      {ago ? formatAgo(at) : formatInstant(at)}
    </time>
  );
}
