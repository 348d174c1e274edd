/**
 * Plots as SVG, written by hand: latency over clients and over document size, one panel for the median and one for
 * the 99th percentile, both axes logarithmic because servers differ by a factor of a hundred.
 */
import { servers, type ServerName } from "./servers.ts";

export interface Point {
  readonly server: ServerName;
  readonly sweep: string;
  readonly clients: number;
  readonly chars: number;
  readonly p50: number;
  readonly p99: number;
}

interface Style {
  readonly colour: string;
  readonly marker: "circle" | "square" | "triangle" | "diamond" | "cross";
}
/** Told apart without colour too, by their markers. */
const styles: Readonly<Record<ServerName, Style>> = {
  ours: { colour: "#0b57d0", marker: "circle" },
  hocuspocus: { colour: "#b3261e", marker: "square" },
  "y-websocket": { colour: "#7a5900", marker: "triangle" },
  automerge: { colour: "#146c2e", marker: "diamond" },
  floor: { colour: "#6b6b6b", marker: "cross" },
};

const width = 920;
const height = 430;
const panel = { width: 370, height: 250, top: 76 };
const panelLefts = [70, 520] as const;
const font = `font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"`;

interface Plot {
  readonly title: string;
  readonly note: string;
  readonly xLabel: string;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  readonly points: readonly (Point & { readonly x: number })[];
}

export function latencyPlots(points: readonly Point[]): { file: string; svg: string }[] {
  const made: { file: string; svg: string }[] = [];
  const byClients = points.filter(({ sweep }) => sweep === "clients");
  if (byClients.length > 0) {
    const svg = draw({
      title: "Edit → peer, against clients in one document",
      note: "10 edits a second in total, a document of 10 kB",
      xLabel: "clients",
      ticks: [2, 10, 50, 100, 200].map((at) => ({ at, label: String(at) })),
      points: byClients.map((point) => ({ ...point, x: point.clients })),
    });
    made.push({ file: "latency-clients.svg", svg });
  }
  const bySize = points.filter(({ sweep }) => sweep === "size");
  if (bySize.length > 0) {
    const svg = draw({
      title: "Edit → peer, against the size of the document",
      note: "10 clients, 10 edits a second in total",
      xLabel: "characters",
      ticks: [1_000, 10_000, 100_000, 1_000_000].map((at, i) => ({
        at,
        label: ["1 k", "10 k", "100 k", "1 M"][i] ?? "",
      })),
      points: bySize.map((point) => ({ ...point, x: point.chars })),
    });
    made.push({ file: "latency-size.svg", svg });
  }
  return made;
}

function draw(plot: Plot): string {
  const values = plot.points.flatMap(({ p50, p99 }) => [p50, p99]).filter((value) => value > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.05));
  const names = [...new Set(plot.points.map(({ server }) => server))];
  const legend = names.map((name, i) => {
    const x = (panelLefts[i % 2] ?? 0) + 5;
    const y = height - 40 + Math.floor(i / 2) * 24;
    return `${marker(name, x, y - 4)}<text x="${x + 14}" y="${y}" font-size="13">${escaped(servers[name].title)}</text>`;
  });
  const panels = (["p50", "p99"] as const).map((figure, i) =>
    drawPanel(plot, figure, panelLefts[i] ?? 0, low, high, names),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font} fill="#1f1f1f" role="img" aria-label="${escaped(plot.title)}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="24" y="30" font-size="18" font-weight="600">${escaped(plot.title)}</text>`,
    `<text x="24" y="51" font-size="13" fill="#555555">${escaped(plot.note)}</text>`,
    ...panels,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(
  plot: Plot,
  figure: "p50" | "p99",
  left: number,
  low: number,
  high: number,
  names: readonly ServerName[],
): string {
  const firstX = Math.log(plot.ticks[0]?.at ?? 1);
  const lastX = Math.log(plot.ticks.at(-1)?.at ?? 10);
  // A margin within, so that no marker lies on an axis.
  const x = (at: number): number =>
    left + 18 + ((panel.width - 36) * (Math.log(at) - firstX)) / (lastX - firstX);
  const y = (ms: number): number =>
    panel.top + panel.height - (panel.height * Math.log(ms / low)) / Math.log(high / low);
  const bottom = panel.top + panel.height;
  const parts = [
    `<text x="${left + panel.width}" y="${panel.top - 10}" font-size="13" font-weight="600" text-anchor="end">${figure === "p50" ? "median" : "99th percentile"}</text>`,
  ];
  for (let ms = low; ms <= high * 1.001; ms *= 10) {
    parts.push(line(left, y(ms), left + panel.width, y(ms), "#d5d5d5"));
    parts.push(
      `<text x="${left - 8}" y="${round(y(ms) + 4)}" font-size="12" text-anchor="end">${label(ms)}</text>`,
    );
    for (const step of ms * 10 <= high * 1.001 ? [2, 5] : [])
      parts.push(line(left, y(ms * step), left + panel.width, y(ms * step), "#f0f0f0"));
  }
  for (const tick of plot.ticks) {
    parts.push(line(x(tick.at), bottom, x(tick.at), bottom + 5, "#555555"));
    parts.push(
      `<text x="${round(x(tick.at))}" y="${bottom + 19}" font-size="12" text-anchor="middle">${tick.label}</text>`,
    );
  }
  parts.push(
    line(left, panel.top, left, bottom, "#555555"),
    line(left, bottom, left + panel.width, bottom, "#555555"),
  );
  parts.push(
    `<text x="${left + panel.width / 2}" y="${bottom + 38}" font-size="13" text-anchor="middle">${plot.xLabel}</text>`,
  );
  const middle = panel.top + panel.height / 2;
  parts.push(
    `<text x="${left - 46}" y="${middle}" font-size="13" text-anchor="middle" transform="rotate(-90 ${left - 46} ${middle})">ms</text>`,
  );
  // Ours last, so that it lies on top.
  for (const name of [...names].reverse()) {
    const own = plot.points.filter(({ server }) => server === name).sort((a, b) => a.x - b.x);
    const at = own.map((point) => `${round(x(point.x))},${round(y(point[figure]))}`);
    const stroke = name === "ours" ? 3 : 1.75;
    parts.push(
      `<polyline points="${at.join(" ")}" fill="none" stroke="${styles[name].colour}" stroke-width="${stroke}"/>`,
    );
    for (const point of own) parts.push(marker(name, x(point.x), y(point[figure])));
  }
  return parts.join("\n");
}

const round = (value: number): number => Math.round(value * 10) / 10;
const label = (ms: number): string => (ms < 1 ? ms.toFixed(1) : ms.toLocaleString("en-US"));
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const line = (x1: number, y1: number, x2: number, y2: number, colour: string): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;

function marker(name: ServerName, atX: number, atY: number): string {
  const { colour, marker: kind } = styles[name];
  const [x, y] = [round(atX), round(atY)];
  const path = {
    circle: `M${x - 5},${y}a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z`,
    square: `M${x - 4.5},${y - 4.5}h9v9h-9z`,
    triangle: `M${x},${y - 5.5}l5.5,9.5h-11z`,
    diamond: `M${x},${y - 6}l6,6l-6,6l-6,-6z`,
    cross: `M${x - 4},${y - 4}l8,8m0,-8l-8,8`,
  }[kind];
  return `<path d="${path}" fill="${kind === "cross" ? "none" : colour}" stroke="${kind === "cross" ? colour : "#ffffff"}" stroke-width="${kind === "cross" ? 2 : 1}"/>`;
}
