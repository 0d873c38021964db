/** Draws the last day as charts; an asset of its own, loaded when a reader comes near them. */
import uPlot from "uplot";
import type { HistoryView } from "../http/history-json.ts";
import { type ChartFacts, chartsOf } from "./history-words.ts";

export interface Charts {
  show(history: HistoryView): void;
  /** Marks a moment in all of them, wall ms; undefined takes the mark away. */
  mark(atMs: number | undefined): void;
  end(): void;
}

const heightPx = 150;
const narrowestPx = 260;

/** @param place is emptied and filled with a chart for each series that is told */
export function drawCharts(place: HTMLElement): Charts {
  const plots = new Map<string, { plot: uPlot; box: HTMLElement }>();
  let markedMs: number | undefined;
  /** The cursor stands at the marked moment, as long as no pointer has it. */
  const point = (plot: uPlot) => {
    const left = markedMs === undefined ? -1 : plot.valToPos(markedMs / 1_000, "x");
    const isInside = left >= 0 && left <= plot.over.clientWidth;
    plot.setCursor(isInside ? { left, top: 0 } : { left: -10, top: -10 });
  };
  const widths = new ResizeObserver(() => {
    for (const { plot, box } of plots.values()) plot.setSize({ width: widthOf(box), height: heightPx });
  });
  const theme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => {
    for (const { plot } of plots.values()) plot.redraw(false);
  };
  theme.addEventListener("change", redraw);
  widths.observe(place);
  return {
    show(history) {
      for (const chart of chartsOf(history)) {
        const known = plots.get(chart.name);
        const data = dataOf(history, chart);
        if (known === undefined) plots.set(chart.name, begin(place, chart, data, point));
        else known.plot.setData(data);
      }
    },
    mark(atMs) {
      if (atMs === markedMs) return;
      markedMs = atMs;
      place.classList.toggle("is-past", atMs !== undefined);
      for (const { plot } of plots.values()) point(plot);
    },
    end() {
      widths.disconnect();
      theme.removeEventListener("change", redraw);
      for (const { plot } of plots.values()) plot.destroy();
      place.replaceChildren();
    },
  };
}

function begin(
  place: HTMLElement,
  chart: ChartFacts,
  data: uPlot.AlignedData,
  point: (plot: uPlot) => void,
): { plot: uPlot; box: HTMLElement } {
  const box = document.createElement("figure");
  box.className = `chart is-${chart.tone}`;
  // What it shows stands beside it in words.
  box.setAttribute("aria-hidden", "true");
  const caption = document.createElement("figcaption");
  caption.textContent = chart.title;
  box.append(caption);
  place.append(box);
  // Where a moment stands is known once it is drawn, and is another place whenever that is done anew.
  const plot = new uPlot({ ...optionsOf(box, chart), hooks: { draw: [point] } }, data, box);
  // Behind the chart's own hearing of it, which takes the cursor away.
  plot.over.addEventListener("mouseleave", () => setTimeout(() => point(plot)));
  return { box, plot };
}

function optionsOf(box: HTMLElement, { unit }: ChartFacts): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(box).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: widthOf(box),
    height: heightPx,
    cursor: { sync: { key: "history" }, drag: { x: false, y: false }, y: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 30, values: (_, seconds) => seconds.map(clock), space: 60 },
      { ...axis, size: 52, space: 34, values: (_, values) => values.map((value) => `${value}${unit}`) },
    ],
    series: [
      { value: (_, seconds) => (seconds === null ? "" : clock(seconds)) },
      {
        label: "",
        stroke: colour("--tone"),
        fill: colour("--tint"),
        width: 1.5,
        points: { show: false },
        value: (_, value) => (value === null ? "" : `${Math.round(value * 10) / 10}${unit}`),
      },
    ],
  };
}

function dataOf({ from, stepMs }: HistoryView, { values }: ChartFacts): uPlot.AlignedData {
  const fromS = Date.parse(from) / 1_000;
  return [values.map((_, at) => fromS + (at * stepMs) / 1_000), values];
}

const widthOf = (box: HTMLElement) => Math.max(narrowestPx, Math.floor(box.clientWidth));

function clock(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}
