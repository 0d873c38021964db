/** Moves the focus among the tiles by arrow keys, as a reader sees them: left and right in order, up and down by place. */

export function moveAmongTiles(event: KeyboardEvent): void {
  const from = event.target;
  if (!(from instanceof HTMLElement) || !from.classList.contains("tile")) return;
  if (event.key === "Escape") from.blur();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const to = tileByKey(event.key, from, [...document.querySelectorAll<HTMLElement>(".tile")]);
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}

export function focusFilter(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.getElementById("filter")?.focus();
}

/** The tile that a key leads to from this one; undefined when the key leads nowhere. */
function tileByKey(key: string, from: HTMLElement, tiles: HTMLElement[]): HTMLElement | undefined {
  const at = tiles.indexOf(from);
  switch (key) {
    case "ArrowRight":
      return tiles[at + 1];
    case "ArrowLeft":
      return tiles[at - 1];
    case "Home":
      return tiles[0];
    case "End":
      return tiles.at(-1);
    case "ArrowDown":
      return nearest(from, tiles.slice(at + 1), 1);
    case "ArrowUp":
      return nearest(from, tiles.slice(0, at).reverse(), -1);
    default:
      return undefined;
  }
}

/** In the next row with tiles, the one whose middle is nearest. */
function nearest(from: HTMLElement, tiles: HTMLElement[], direction: 1 | -1): HTMLElement | undefined {
  const here = from.getBoundingClientRect();
  const beyond = tiles.filter((tile) => (tile.getBoundingClientRect().top - here.top) * direction > here.height / 2);
  const rowTop = beyond[0]?.getBoundingClientRect().top;
  let best: { tile: HTMLElement; distance: number } | undefined;
  for (const tile of beyond) {
    const box = tile.getBoundingClientRect();
    if (box.top !== rowTop) continue;
    const distance = Math.abs(box.left + box.width / 2 - here.left - here.width / 2);
    if (best === undefined || distance < best.distance) best = { tile, distance };
  }
  return best?.tile;
}
