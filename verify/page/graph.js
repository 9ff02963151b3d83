// The wait-for graph: tasks, and an arrow from each that cannot go on to who alone could let it.
// A task that waits for nobody in particular points at what it wants instead.

const GRAPH_WIDTH = 360;
const MOST_NODES = 14;

/** The picture of some waits; null where there are none, or more than a picture can show. */
function graph(run, waits) {
  const nodes = new Map();
  const edges = [];
  const node = (id, text, kind) => {
    if (!nodes.has(id)) nodes.set(id, { text, kind });
    return id;
  };
  for (const wait of waits) {
    const from = node(
      `task ${wait.task}`,
      wait.task,
      colour(run.byName.get(wait.task)?.lane ?? -1),
    );
    for (const owner of wait.owners) {
      const to = node(`task ${owner}`, owner, colour(run.byName.get(owner)?.lane ?? -1));
      edges.push({ from, to, text: wait.object ?? "" });
    }
    if (!wait.owners.length)
      edges.push({ from, to: node(`wish ${wait.what}`, wait.what, "wish"), text: "" });
  }
  if (!nodes.size || nodes.size > MOST_NODES) return null;
  const placed = [...nodes.values()];
  const height = arrange(placed);
  const picture = make("svg", {
    viewBox: `0 0 ${GRAPH_WIDTH} ${height}`,
    class: "graph",
    role: "img",
    "aria-label": "Who waits for whom",
  });
  const arrows = edges.map(({ from, to, text }) => arrow(nodes.get(from), nodes.get(to), text));
  const boxes = placed.map((one) => {
    const box = { x: one.x - one.width / 2, y: one.y - 12, width: one.width, height: 24, rx: 12 };
    const label = make("text", { x: one.x, y: one.y + 4, "text-anchor": "middle" }, one.label);
    return make("g", { class: `box ${one.kind}` }, make("rect", box), label);
  });
  picture.append(make("defs", {}, arrowhead("waits-for")));
  picture.append(...arrows.map(([line]) => line), ...boxes, ...arrows.map(([, text]) => text));
  return picture;
}

/** Put nodes in a circle, none on top of another; the height that this takes. */
function arrange(nodes) {
  const count = nodes.length;
  const height = count <= 2 ? 84 : 60 + count * 30;
  nodes.forEach((one, index) => {
    const angle = (index / count) * 2 * Math.PI - (count === 2 ? Math.PI : Math.PI / 2);
    one.label = shortened(one.text, 23);
    one.width = [...one.label].length * 6.5 + 16;
    one.x = GRAPH_WIDTH / 2 + Math.cos(angle) * (GRAPH_WIDTH / 2 - 74);
    one.x = Math.min(Math.max(one.x, one.width / 2 + 2), GRAPH_WIDTH - one.width / 2 - 2);
    one.y = height / 2 + (count === 1 ? 16 : Math.sin(angle) * (height / 2 - 18));
  });
  const above = [];
  const overlaps = (one, other) =>
    Math.abs(one.x - other.x) < (one.width + other.width) / 2 + 12 && one.y < other.y + 34;
  for (const one of nodes.toSorted((a, b) => a.y - b.y)) {
    for (const other of above) if (overlaps(one, other)) one.y = other.y + 34;
    above.push(one);
  }
  return Math.max(height, ...nodes.map((one) => one.y + 18));
}

/** An arrow between two boxes, from border to border, and a text: what it is about. */
function arrow(from, to, text) {
  const drawn = (d) => make("path", { class: "wait", d, "marker-end": "url(#waits-for)" });
  const about = (x, y) =>
    make("text", { class: "about", x, y, "text-anchor": "middle" }, shortened(text, 21));
  if (from === to) {
    const [x, y] = [from.x + from.width / 2 - 8, from.y];
    const loop = `M${x} ${y - 12}C${x + 6} ${y - 44},${x + 54} ${y - 8},${x + 10} ${y}`;
    return [drawn(loop), about(x + 60, y - 22)];
  }
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const border = (one) =>
    Math.min(dx ? (one.width / 2 + 3) / Math.abs(dx) : 1, dy ? 15 / Math.abs(dy) : 1, 0.45);
  const [a, b] = [border(from), 1 - border(to)];
  const [x1, y1, x2, y2] = [from.x + dx * a, from.y + dy * a, from.x + dx * b, from.y + dy * b];
  const length = Math.hypot(dx, dy) || 1;
  // Bent, so that two arrows between the same boxes are two.
  const [mx, my] = [(x1 + x2) / 2 - (dy / length) * 10, (y1 + y2) / 2 + (dx / length) * 10];
  return [drawn(`M${x1} ${y1}Q${mx} ${my} ${x2} ${y2}`), about(mx, my + 3)];
}
