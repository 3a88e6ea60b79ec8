/** Fills for states that are told apart without seeing colours: plain, or hatched in one of several ways. */
const SIZE = 8;

type Draw = (pen: CanvasRenderingContext2D) => void;

const HATCHES: Record<string, Draw> = {
  pruned: (pen) => line(pen, [0, SIZE, SIZE, 0]),
  failed: (pen) => {
    line(pen, [0, 0, SIZE, SIZE]);
    line(pen, [0, SIZE, SIZE, 0]);
  },
  cancelled: (pen) => line(pen, [0, SIZE / 2, SIZE, SIZE / 2]),
  running: (pen) => line(pen, [SIZE / 2, 0, SIZE / 2, SIZE]),
};

/** A fill for ECharts: the colour, hatched by state. */
export function patternFor(state: string, colour: string, ink: string): unknown {
  const hatch = HATCHES[state];
  if (hatch === undefined) return colour;
  return { type: "pattern", image: tile(state, hatch, colour, ink), repeat: "repeat" };
}

const tiles = new Map<string, HTMLCanvasElement>();

function tile(state: string, hatch: Draw, colour: string, ink: string): HTMLCanvasElement {
  const key = `${state} ${colour} ${ink}`;
  let canvas = tiles.get(key);
  if (canvas === undefined) {
    canvas = document.createElement("canvas");
    canvas.width = SIZE;
    canvas.height = SIZE;
    const pen = canvas.getContext("2d");
    if (pen !== null) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, SIZE, SIZE);
      pen.strokeStyle = ink;
      pen.globalAlpha = 0.6;
      pen.lineWidth = 1.5;
      hatch(pen);
    }
    tiles.set(key, canvas);
  }
  return canvas;
}

function line(pen: CanvasRenderingContext2D, [x1, y1, x2, y2]: [number, number, number, number]) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}
