export interface Grid {
  columns: number;
  rows: number;
}

/** From so many others on it is a crowd: faces count more than what is around them. */
export const CROWD = 4;

/**
 * How `count` pictures (1 to 12) share a box so that each is as large as can be. A picture counts as the largest
 * 4:3 that fits its cell: between a wide webcam and an upright phone, so that neither is favoured. In a crowd as the largest
 * square, since a strip cuts faces off.
 */
export function gridFor(count: number, width: number, height: number, gap = 8): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count) };
  let bestArea = -1;
  const aspect = count >= CROWD ? 1 : 4 / 3;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    // A column that would stay empty in every row is the same picture as one column less.
    if ((columns - 1) * rows >= count) continue;
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const area = Math.min(cellWidth, cellHeight * aspect) ** 2;
    // Of two that are nearly as good, the one beside each other: people who talk look at one another.
    if (area > bestArea * 0.95) {
      best = { columns, rows };
      bestArea = Math.max(area, bestArea);
    }
  }
  return best;
}

/** Where the last row begins so that it stands in the middle, in half columns from 1; null when it is full. */
export function lastRowStart(count: number, { columns, rows }: Grid): number | null {
  const last = count - columns * (rows - 1);
  return last === columns ? null : columns - last + 1;
}

/**
 * Fill the box when that cuts off little; else show the whole picture with dark beside it. A clinician must see
 * what the patient shows, and a third of a picture is the most that may be missing; in a crowd three fifths of it.
 */
export function fitFor(video: { width: number; height: number }, box: { width: number; height: number }, crowd = false): 'cover' | 'contain' {
  if (video.width <= 0 || video.height <= 0 || box.width <= 0 || box.height <= 0) return 'cover';
  const a = video.width / video.height;
  const b = box.width / box.height;
  return Math.min(a, b) / Math.max(a, b) >= (crowd ? 2 / 5 : 2 / 3) ? 'cover' : 'contain';
}
