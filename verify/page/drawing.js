// Drawing: the lanes, one a task, and a row for each event, from top to bottom.
//
// A row is text, for eyes, fingers and screen readers; behind the rows lies one picture with the
// lines of the tasks, what they hold, when they sleep, and the arrows of what happened before what.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 28;
const NUMBER = 34; // where the lanes begin, right of the step's number
const LINE = 52; // where the numbers of lines stand, at the right
const WIDEST_LANE = 80;
const NARROWEST_NAMED = 9; // a lane with its name above it; the rows name the tasks anyway
const LONGEST_HEAD = 17;
const COLOURS = 8;

/** An element with attributes, and texts or elements in it; never markup. */
function make(tag, attributes = {}, ...inside) {
  const drawn = [
    "svg",
    "g",
    "path",
    "circle",
    "rect",
    "line",
    "text",
    "title",
    "defs",
    "marker",
    "polygon",
  ];
  const element = drawn.includes(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one !== null));
  return element;
}

/** The class that colours a task; tasks beyond the eighth share colours, but no lane. */
function colour(lane) {
  return lane < 0 ? "task" : `task c${lane % COLOURS}`;
}

/** A text of at most so many characters, its middle left out: namesakes differ at their ends. */
function shortened(text, most) {
  const signs = [...clean(text)];
  if (signs.length <= most) return signs.join("");
  const half = Math.floor((most - 1) / 2);
  return `${signs.slice(0, half).join("")}…${signs.slice(-half).join("")}`;
}

/** An arrow's head, for the pictures that refer to it by its name. */
function arrowhead(id) {
  const head = make("polygon", { points: "0,0 8,4 0,8", class: "head" });
  const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7 };
  return make(
    "marker",
    { id, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse", ...size },
    head,
  );
}

/** Where everything is, given the width that there is. */
function layout(run, width) {
  const longest = run.events.map((one) => one.task.length * 7.4 + one.text.length * 7.9);
  const left = width - NUMBER - LINE - Math.max(...longest, 0) - 50; // once all rows fit
  const least = Math.min((width * 0.32 - NUMBER) / run.lanes.length, 22);
  const lane = Math.min(Math.max(left / run.lanes.length, least), WIDEST_LANE);
  const broken = run.header.step; // below this step's row is one that says what is wrong
  const rows = run.events.length + 1;
  return {
    lane,
    left: NUMBER + lane * run.lanes.length + 8,
    x: (number) => NUMBER + lane * (number + 0.5),
    y: (step) => (step - 0.5) * ROW + (step > broken ? ROW : 0),
    broken: broken * ROW,
    height: rows * ROW,
    names: run.lanes.every((one) => [...clean(one.name)].length * 6.6 + 8 <= lane),
  };
}

/** Draw it all into #heads and #lanes. */
function draw(run, choose) {
  const lanes = document.getElementById("lanes");
  const at = layout(run, lanes.clientWidth);
  const picture = make("svg", {
    width: at.left,
    height: at.height,
    "aria-hidden": "true",
    class: "picture",
  });
  picture.append(make("defs", {}, arrowhead("head")));
  for (const lane of run.lanes) drawLane(run, at, lane, picture);
  drawHolds(run, at, picture);
  drawArrows(run, at, picture);
  picture.append(make("g", {}, ...run.events.map((event) => dotOf(run, at, event))));
  const rows = run.events.map((event) => rowOf(run, at, event, choose));
  rows.splice(run.header.step, 0, brokenRow(run, at));
  lanes.replaceChildren(picture, ...rows);
  drawHeads(run, at);
  const scrollbar = lanes.offsetWidth - lanes.clientWidth;
  document.getElementById("heads").style.paddingRight = `${scrollbar}px`;
}

/** The names of the tasks above their lanes, aslant where there is no room. */
function drawHeads(run, at) {
  const longest = Math.max(...run.lanes.map((lane) => shortened(lane.name, LONGEST_HEAD).length));
  const angle = at.lane < 20 ? 62 : 42; // steep enough for the names not to touch each other
  const height =
    at.names || at.lane < NARROWEST_NAMED
      ? 24
      : 24 + longest * 6.9 * Math.sin((angle * Math.PI) / 180);
  const picture = make("svg", { height, class: "picture", width: "100%" });
  for (const lane of run.lanes) {
    if (at.lane < NARROWEST_NAMED) break;
    const name = shortened(lane.name, LONGEST_HEAD);
    const x = at.x(lane.lane);
    const place = at.names
      ? { x, y: 16, "text-anchor": "middle" }
      : { transform: `translate(${x},${height - 6}) rotate(${-angle})` };
    picture.append(make("text", { class: `name ${colour(lane.lane)}`, ...place }, name));
  }
  const titles = [
    ["#", "num"],
    ["step", "what"],
    ["line", "line"],
  ].map(([text, kind]) => make("span", { class: kind }, text));
  titles[1].style.left = `${at.left}px`;
  document.getElementById("heads").replaceChildren(picture, ...titles);
}

/** A task's line: from its start to its last event, or on to the bottom if it cannot go on. */
function drawLane(run, at, lane, picture) {
  const own = run.events.filter((event) => event.lane === lane.lane);
  const stuck = run.header.waiting.some((one) => one.task === lane.name);
  const x = at.x(lane.lane);
  const top = lane.starts ? at.y(lane.starts) : 0;
  const last = own.length ? at.y(own.at(-1).step) : top;
  const bottom = stuck ? at.height : last;
  const group = make("g", { class: colour(lane.lane), "data-lane": lane.lane });
  group.append(make("line", { class: "life", x1: x, x2: x, y1: top, y2: last }));
  if (lane.starts) group.append(make("circle", { class: "birth", cx: x, cy: top, r: 3 }));
  for (const span of run.sleeps.filter((one) => one.task === lane.name)) {
    const [from, to] = [
      span.first ? at.y(span.first) : 0,
      span.last === null ? bottom : at.y(span.last),
    ];
    const asleep = make("g", {
      class: "asleep",
      "data-task": lane.name,
      "data-first": span.first,
      "data-last": span.last ?? "",
    });
    asleep.append(make("title", {}, clean(`${lane.name} is asleep`)));
    asleep.append(make("line", { class: "erase", x1: x, x2: x, y1: from, y2: to }));
    asleep.append(make("line", { class: "sleep", x1: x, x2: x, y1: from, y2: to }));
    if (at.lane >= 30 && to - from >= 16)
      asleep.append(make("text", { class: "zz", x: x + 8, y: from + 15 }, "z z"));
    group.append(asleep);
  }
  if (stuck) {
    group.append(make("line", { class: "stuck", x1: x, x2: x, y1: last, y2: bottom }));
    const [y, r] = [bottom - 7, 4];
    group.append(
      make("path", {
        class: "cross",
        d: `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`,
      }),
    );
  }
  picture.append(group);
}

/** The spans in which a task holds something: one beside the other where it holds several. */
function drawHolds(run, at, picture) {
  const columns = new Map();
  for (const span of run.holds) {
    const lane = run.byName.get(span.task)?.lane;
    if (lane === undefined) continue;
    const beside = columns.get(lane) ?? [];
    let column = beside.findIndex((until) => until !== null && until <= span.first);
    if (column < 0) column = beside.length;
    beside[column] = span.last;
    columns.set(lane, beside);
    const width = Math.min(10, at.lane * 0.6);
    const x = at.x(lane) - width / 2 + column * Math.min(width + 2, at.lane / 5);
    const [from, to] = [at.y(span.first), span.last === null ? at.height - 2 : at.y(span.last)];
    const bar = make("g", {
      class: `held ${colour(lane)}`,
      "data-task": span.task,
      "data-object": span.object,
      "data-first": span.first,
      "data-last": span.last ?? "",
    });
    bar.append(make("title", {}, clean(`${span.task} holds ${span.object}`)));
    bar.append(make("rect", { x, y: from, width, height: Math.max(to - from, 4), rx: width / 2 }));
    const text = clean(run.facts.called[span.object] ?? span.object);
    const room = at.lane / 2 + (lane === run.lanes.length - 1 ? 0 : at.lane / 2 - 8);
    if (9 + column * 12 + text.length * 5.8 <= room)
      bar.append(
        make("text", { class: "label", x: at.x(lane) + 9 + column * 12, y: from + 4 }, text),
      );
    picture.append(bar);
  }
}

/** What happened before what, between tasks; and, in red, the two accesses that race. */
function drawArrows(run, at, picture) {
  for (const event of run.events) {
    for (const step of event.after) {
      const before = run.events[step - 1];
      if (before.lane < 0 || event.lane < 0 || before.lane === event.lane) continue;
      const [x1, y1, x2, y2] = [at.x(before.lane), at.y(step), at.x(event.lane), at.y(event.step)];
      const [dx, dy] = [x2 - x1, y2 - y1];
      const short = 7 / Math.hypot(dx, dy); // it ends at the border of the node
      const d = `M${x1} ${y1}L${x2 - dx * short} ${y2 - dy * short}`;
      picture.append(
        make("path", {
          class: "before",
          d,
          "data-from": step,
          "data-to": event.step,
          "marker-end": "url(#head)",
        }),
      );
    }
  }
  if (run.header.racing) {
    const [a, b] = run.header.racing.map((step) => run.events[step - 1]);
    const [x1, y1, x2, y2] = [at.x(a.lane), at.y(a.step), at.x(b.lane), at.y(b.step)];
    picture.append(
      make("path", {
        class: "race",
        d: `M${x1} ${y1}L${x2} ${y2}`,
        "data-from": a.step,
        "data-to": b.step,
      }),
    );
  }
}

/** The event's mark on its task's line. */
function dotOf(run, at, event) {
  const racing = (run.header.racing ?? []).includes(event.step) ? " racing" : "";
  const place = {
    cx: at.x(event.lane),
    cy: at.y(event.step),
    r: Math.min(5.5, Math.max(at.lane / 3, 2)),
  };
  return make("circle", {
    class: `node ${colour(event.lane)}${racing}`,
    "data-step": event.step,
    ...place,
  });
}

/** The event in words. */
function rowOf(run, at, event, choose) {
  const racing = (run.header.racing ?? []).includes(event.step);
  const shown = lineOf(run, event.place);
  const what = make("span", { class: "what" });
  what.style.left = `${at.left}px`;
  what.append(
    make("span", { class: `name ${colour(event.lane)}` }, shortened(event.task, 30)),
    " ",
    make("span", { class: "text" }, clean(event.text)),
  );
  if (racing) what.append(" ", make("b", { class: "tag" }, "race"));
  let told = `step ${event.step}, ${event.task}: ${event.text}`;
  if (event.place) told += `, line ${shown}`;
  if (racing) told += ", races";
  const element = make(
    "div",
    {
      class: `row${racing ? " racing" : ""}`,
      role: "option",
      id: `step-${event.step}`,
      "aria-label": clean(told),
      "aria-selected": "false",
      title: clean(told),
      "data-step": event.step,
      "data-task": event.task,
      "data-line": shown,
    },
    make("span", { class: "num" }, String(event.step)),
    what,
    make("span", { class: "line" }, clean(shown)),
  );
  element.addEventListener("click", () => choose(event.step));
  return element;
}

/** What is wrong, below the step at which it is first seen. */
function brokenRow(run, at) {
  const { kind, message } = run.header;
  const text = kind === "deadlock" ? "nobody can go on" : `${run.facts.failure}: ${message}`;
  const what = make("span", { class: "what" }, make("span", {}, clean(text)));
  what.style.left = `${at.left}px`;
  return make("div", { class: "row broken", role: "presentation", title: clean(text) }, what);
}
