// Panels: everything about one step in words, and what is the same at every step.

/** Fill an element anew. */
function fill(id, ...inside) {
  document.getElementById(id).replaceChildren(...inside.filter((one) => one !== null));
}

function paragraph(text, kind) {
  return make("p", { class: kind }, clean(text));
}

/** What the whole page is about: said once. */
function showVerdict(run) {
  const { facts, header } = run;
  const holds = header.kind === "ok";
  document.getElementById("verdict").classList.toggle("holds", holds);
  fill("badge", holds ? "OK" : header.verdict);
  fill(
    "headline",
    make("span", {}, clean(facts.failure)),
    " in ",
    make("code", {}, clean(facts.model)),
  );
  const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  fill(
    "facts",
    clean(
      [facts.file, counted(run.lanes.length, "task"), counted(run.events.length, "step")]
        .filter(Boolean)
        .join(" · "),
    ),
  );
  const drawn = facts.drawing.split("\n").map(clean).join("\n");
  fill(
    "reason",
    ...facts.reason.map((text) => paragraph(text)),
    drawn ? make("pre", { class: "drawing" }, drawn) : null,
  );
}

/** The step itself, in the bar above the lanes. */
function showEvent(run, now) {
  fill("count", `${now.step} of ${run.events.length}`);
  const event = run.events[now.step - 1];
  const parts = [];
  if (event) {
    const sleeps = run.sleeps.some((span) => span.task === event.task && span.first === event.step);
    const more = [
      event.place.slice(event.place.lastIndexOf("/") + 1),
      event.woke.length ? `wakes ${event.woke.join(", ")}` : "",
      sleeps ? "falls asleep" : "",
    ];
    parts.push(
      make("b", { class: `name ${colour(event.lane)}` }, clean(event.task)),
      " ",
      make("span", { class: "text" }, clean(event.text)),
    );
    parts.push(make("small", {}, clean(more.filter(Boolean).join(" · "))));
  } else {
    parts.push("Before the first step");
  }
  if (run.header.kind !== "ok" && now.step === run.header.step) {
    const { kind, message } = run.header;
    parts.push(
      make(
        "strong",
        { class: "alarm" },
        kind === "deadlock"
          ? "DEADLOCK: nobody can go on"
          : clean(`${run.facts.failure}: ${message}`),
      ),
    );
  }
  fill("event", ...parts);
  document.getElementById("event").title = document.getElementById("event").textContent;
}

const STATUS = new Map([
  ["ready", "can go on"],
  ["asleep", "asleep"],
  ["blocked", "blocked"],
  ["stuck", "stuck"],
  ["done", "done"],
  ["not started", "not started"],
]);

const JUST_RAN = new Map([
  ["ready", "just ran"],
  ["done", "just ran, and is done"],
]);

/** Where every task is, with its line of the source, and those around it for one that moved. */
function showTasks(run, now) {
  const cards = now.tasks.map((task) => {
    const moved = Boolean(task.event);
    const status = make(
      "span",
      { class: `status ${task.status.replace(" ", "-")}` },
      JUST_RAN.get(moved && task.status) ?? STATUS.get(task.status),
    );
    const held = task.held.length
      ? make("span", { class: "holds" }, clean(`holds ${task.held.join(", ")}`))
      : null;
    const head = make(
      "div",
      { class: "who" },
      make("span", { class: `name ${colour(task.lane)}` }, clean(task.name)),
      status,
      held,
    );
    const what = task.what ? make("div", { class: "aim" }, clean(task.what)) : null;
    const code =
      ["done", "not started"].includes(task.status) && !moved
        ? null
        : excerpt(run, task.place, moved ? 2 : 0);
    const card = make(
      "div",
      { class: `card${moved ? " moved" : ""}`, "data-task": task.name, "data-status": task.status },
      head,
    );
    card.append(...[what, code].filter(Boolean));
    return card;
  });
  fill("tasks", ...cards);
  if (run.facts.source.missing) {
    document
      .getElementById("tasks")
      .append(paragraph(`No source is shown: ${run.facts.source.missing}.`, "hint"));
  }
}

/** The line of a place, and some around it; only its name where the source is not there. */
function excerpt(run, place, around) {
  if (!place) return null;
  const { file, lines } = run.facts.source;
  const at = place.lastIndexOf(":");
  const number = Number(place.slice(at + 1));
  if (place.slice(0, at) !== file || !(number in lines))
    return make("div", { class: "place" }, clean(place));
  let near = [];
  for (let one = number - around; one <= number + around; one += 1)
    if (one in lines) near.push(one);
  near = near.filter((one) => one === number || lines[one].trim());
  const margin = Math.min(...near.map((one) => lines[one].search(/\S|$/)));
  const shown = near.map((one) =>
    make(
      "div",
      { class: one === number ? "here" : "" },
      make("span", { class: "number" }, String(one)),
      make("span", { class: "code" }, clean(lines[one].slice(margin))),
    ),
  );
  return make("div", { class: "excerpt", title: clean(place) }, ...shown);
}

/** What the objects hold; what this step changed stands out, with what was there before. */
function showState(run, now) {
  const rows = now.objects.map((object) => {
    const value = make("td", {});
    if (object.value === undefined) value.append(make("i", {}, "not changed yet"));
    else {
      if (object.isNew && object.before !== undefined)
        value.append(make("del", {}, clean(object.before)), " → ");
      value.append(make(object.isNew ? "ins" : "span", {}, clean(object.value)));
    }
    return make(
      "tr",
      { class: object.isNew ? "new" : null, "data-object": object.name },
      make("th", { scope: "row" }, clean(object.name)),
      value,
    );
  });
  fill(
    "state",
    rows.length ? make("table", {}, ...rows) : paragraph("Nothing changes in this run.", "hint"),
  );
}

/** Who waits for whom: in words, and drawn. */
function showWaits(run, now) {
  const told = now.waits.map((wait) => {
    const name = make(
      "span",
      { class: `name ${colour(run.byName.get(wait.task)?.lane ?? -1)}` },
      clean(wait.task),
    );
    return make("li", { "data-task": wait.task }, name, ` → ${clean(wait.what)}`);
  });
  fill(
    "waits",
    told.length ? null : paragraph("Nobody waits.", "hint"),
    graph(run, now.waits),
    told.length ? make("ul", {}, ...told) : null,
  );
}

/** The failing and the passing run, from where they part. */
function showPassing(run) {
  const { parted, racing } = run.header;
  const hopeless = run.header.settings.hopeless === true;
  document.getElementById("beside").hidden = !run.passing.length && !hopeless;
  if (hopeless) fill("compared", paragraph("There is none: it fails in every order of its steps."));
  if (!run.passing.length) return;
  const column = (title, kind, events) => {
    const rows = events.map((event) => {
      const name = make("span", { class: `name ${colour(event.lane)}` }, clean(event.task));
      return make(
        "li",
        { value: event.step },
        name,
        ` ${clean(event.text)} `,
        make("small", {}, clean(lineOf(run, event.place))),
      );
    });
    return make("div", { class: `column ${kind}` }, make("h3", {}, title), make("ol", {}, ...rows));
  };
  const shared = parted === 2 ? "The first step is" : `The first ${parted - 1} steps are`;
  const told = [parted > 1 ? `${shared} the same; then they part.` : "They part at once."];
  if (racing) told.push(`The order of steps ${racing.join(" and ")}, in red, decides.`);
  const columns = make(
    "div",
    { class: "columns" },
    column("this one fails", "fails", run.events.slice(parted - 1)),
    column("this one passes", "passes", run.passing),
  );
  fill("compared", paragraph(told.join(" ")), columns);
}

/** What the search had done, and how it was asked to do it. */
function showSearch(run) {
  const rows = [
    ...Object.entries(run.header.statistics ?? {}).map(([name, n]) => [
      name.replaceAll("_", " "),
      n.toLocaleString("en").replaceAll(",", "\u202f"),
    ]),
    ...Object.entries(run.facts.settings),
  ];
  const list = rows.flatMap(([name, value]) => [
    make("dt", {}, clean(name)),
    make("dd", {}, clean(value)),
  ]);
  fill(
    "search",
    list.length
      ? make("dl", {}, ...list)
      : paragraph("The trace does not say how it was found.", "hint"),
  );
  document.getElementById("printed").hidden = !run.header.output;
  fill("output", run.header.output.split("\n").map(clean).join("\n"));
}

/** The trace out of the page, byte for byte: it is ASCII. */
function showAgain(run) {
  const save = make("button", { type: "button", id: "save" }, "Save the trace");
  save.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([run.facts.trace], { type: "application/json" }));
    const link = make("a", { href: url, download: run.facts.name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
  const hint = paragraph(
    "This page holds the trace that it shows. Save it, and run the same schedule again:",
  );
  fill("again", hint, make("pre", {}, make("code", {}, clean(run.facts.replay))), save);
}
