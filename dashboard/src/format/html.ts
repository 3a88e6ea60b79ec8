/** A text for the inside of HTML: names and choices are users' texts, and tooltips of charts are HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
