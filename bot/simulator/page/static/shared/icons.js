// Line icons of 20 by 20, each one path.

const SVG = "http://www.w3.org/2000/svg";

/** Make an icon out of a path. */
export function icon(path, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  send: "M3 10 17 3.5 12.5 17 9.5 11.5Z M9.5 11.5 17 3.5",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4 6 10l6 6",
  bold: "M6.5 4h4.5a3 3 0 0 1 0 6H6.5zM6.5 10h5.5a3 3 0 0 1 0 6H6.5z",
  italic: "M9 4h6M5 16h6M12 4 8 16",
  strike: "M14 6.5C13.5 5 12 4 10 4 7.5 4 6 5.3 6 7c0 4.5 8.5 2 8.5 6 0 1.8-1.8 3-4.3 3-2.2 0-4-1-4.5-2.7M3 10h14",
  code: "M7 6 3 10l4 4M13 6l4 4-4 4",
  quote: "M4 4v12M8 6h8M8 10h8M8 14h5",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  plus: "M10 4v12M4 10h12",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  more: "M10 4.5h.01M10 10h.01M10 15.5h.01",
  bolt: "M11 2 4 11.5h5L8.5 18 16 8.5h-5.5z",
  pin: "M10 17s5.5-5 5.5-9a5.5 5.5 0 0 0-11 0c0 4 5.5 9 5.5 9zM10 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  clip: "M15.5 9.5 9.8 15.2a3.6 3.6 0 0 1-5.1-5.1l6.2-6.2a2.4 2.4 0 0 1 3.4 3.4l-6.2 6.2a1.2 1.2 0 0 1-1.7-1.7l5.3-5.3",
  pencil: "M4 16l.8-3.4L13.4 4l2.6 2.6-8.6 8.6zM11.6 5.8l2.6 2.6",
  bin: "M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6M8.7 9v4.5M11.3 9v4.5",
  download: "M10 4v8.5M6.5 9.5 10 13l3.5-3.5M4.5 16.5h11",
  lock: "M5.5 9h9v7.5h-9zM7 9V6.8a3 3 0 0 1 6 0V9",
  bubble: "M3.5 5.5a1.5 1.5 0 0 1 1.5-1.5h10a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H9.5L6 16.3V13H5a1.5 1.5 0 0 1-1.5-1.5z",
  smile: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.2 11.5c1.4 2 4.2 2 5.6 0M7.7 8h.01M12.3 8h.01",
  check: "M4 10.5 8 14.5 16 6",
  sheet: "M6 3.5h5.5L15 7v9.5H6zM11.5 3.5V7H15",
  note: "M8 15.5V5l7-1.5v10M8 15.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM15 13.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  play: "M6.5 4.5v11l9-5.5z",
  away: "M6 6l8 8M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
};
