"use strict";

// The run: what the page knows, read once; and how things stand after any of its steps.
//
//   read        the trace, line by line, and what Python added to it
//   situation   every task and object after a step, and who waits for whom there
//
// Everything that is asked of an object by name is a Map: a trace may call a thing "__proto__".

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text without what would hide or reorder other text: such characters are spelled out. */
function clean(text) {
  return String(text).replace(UNPRINTABLE, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);
}

/** All that is shown: the header's fields, the events, numbered from 1, and what follows. */
function read(facts) {
  const lines = facts.trace
    .split("\n")
    .slice(0, -2)
    .map((line) => JSON.parse(line));
  const header = lines[0];
  const lanes = header.tasks.map(([name], lane) => ({ name, lane, starts: facts.starts[lane] }));
  const byPath = new Map(header.tasks.map(([, path], lane) => [path.join(), lane]));
  const numbered = lines.slice(1);
  let length = numbered.length;
  if (header.parted) length = numbered.findLastIndex((event) => event.step === header.parted);
  const event = (raw, text) => ({
    ...raw,
    lane: byPath.get(raw.path.join()) ?? -1,
    text,
    changed: raw.changed ?? [],
    woke: raw.woke ?? [],
    after: raw.after ?? [],
    owners: raw.owners ?? [],
  });
  const events = numbered.slice(0, length).map((raw, i) => event(raw, facts.texts[i]));
  const passing = numbered.slice(length).map((raw, i) => event(raw, facts.passing[i]));
  const run = { facts, header, lanes, events, passing };
  run.byName = new Map(lanes.map((lane) => [lane.name, lane]));
  run.objects = [...new Set(events.flatMap((one) => one.changed.map(([name]) => name)))];
  run.holds = heldSpans(run);
  run.sleeps = asleepSpans(run);
  return run;
}

/** "42" for a line of the file that most of it happens in, "other.py:42" for another. */
function lineOf(run, place) {
  const at = place.lastIndexOf(":");
  const [file, number] = [place.slice(0, at), place.slice(at + 1)];
  return file === run.facts.file ? number : place.slice(place.lastIndexOf("/") + 1);
}

/** From which step to which a task holds an object; to the end where it never lets it go. */
function heldSpans(run) {
  const found = [];
  const open = new Map();
  for (const event of run.events) {
    for (const [object, owners] of event.owners) {
      const before = open.get(object) ?? [];
      const kept = before.filter((span) => owners.includes(span.task));
      for (const span of before) if (!kept.includes(span)) span.last = event.step;
      for (const task of owners) {
        if (kept.some((span) => span.task === task)) continue;
        const span = { object, task, first: event.step, last: null };
        kept.push(span);
        found.push(span);
      }
      open.set(object, kept);
    }
  }
  return found;
}

/** From which step to which a task is asleep: until somebody wakes it, or it goes on by itself. */
function asleepSpans(run) {
  const found = [];
  const asleep = new Map();
  const latest = new Map();
  const wakes = (task, step) => {
    const span = asleep.get(task);
    if (span) span.last = step;
    asleep.delete(task);
  };
  const falls = (task, first, object) => {
    const span = { task, first, last: null, object };
    found.push(span);
    asleep.set(task, span);
  };
  for (const event of run.events) {
    wakes(event.task, event.step);
    for (const task of event.woke) {
      const before = latest.get(task);
      if (!asleep.has(task) && before) falls(task, before.step, event.objects[0]);
      wakes(task, event.step);
    }
    latest.set(event.task, event);
    if (event.operation === "wait" && event.changed.length)
      falls(event.task, event.step, event.objects[0]);
  }
  for (const one of run.header.waiting) {
    const last = latest.get(one.task);
    if (one.owners.length || one.operation === "spin" || asleep.has(one.task)) continue;
    falls(one.task, last ? last.step : (run.byName.get(one.task)?.starts ?? 0), one.objects[0]);
  }
  return found;
}

/** Whether a span of steps covers the moment after a step. */
function covers(span, step) {
  return span.first <= step && (span.last === null || step < span.last);
}

/** How everything stands after a step: `tasks` by lane, `objects` in order, `waits`, `end`. */
function situation(run, step) {
  const end = step === run.events.length;
  const objects = run.objects.map((name) => {
    const changes = run.events.filter((event) => event.changed.some(([one]) => one === name));
    const past = changes.filter((event) => event.step <= step);
    const value = (event) => event && event.changed.find(([one]) => one === name)[1];
    const now = past.at(-1);
    return { name, value: value(now), before: value(past.at(-2)), isNew: now?.step === step };
  });
  const holders = new Map();
  for (const span of run.holds) {
    if (covers(span, step))
      holders.set(span.object, [...(holders.get(span.object) ?? []), span.task]);
  }
  const waits = [];
  const tasks = run.lanes.map((lane) => {
    const own = run.events.filter((event) => event.lane === lane.lane);
    const here = own.find((event) => event.step === step);
    const next = own.find((event) => event.step > step);
    const waiting = run.header.waiting.findIndex((one) => one.task === lane.name);
    const stuck = next || waiting < 0 ? null : run.header.waiting[waiting];
    const held = [...holders]
      .filter(([, who]) => who.includes(lane.name))
      .map(([object]) => object);
    const task = { ...lane, held, event: here, place: (here ?? next ?? stuck)?.place ?? "" };
    const sleep = run.sleeps.find((span) => span.task === lane.name && covers(span, step));
    const wait = waitOf(run, lane, next, stuck, holders, step);
    if (lane.starts > step) task.status = "not started";
    else if (!next && !stuck) task.status = "done";
    else if (end && stuck) task.status = "stuck";
    else if (sleep) task.status = "asleep";
    else task.status = wait ? "blocked" : "ready";
    task.what = "";
    if (task.status === "asleep") task.what = `on ${sleep.object ?? "nothing"}`;
    if (task.status === "ready" && next) task.what = `next: ${next.text}`;
    if (task.status === "blocked") task.what = `waits for ${wait.what}`;
    if (task.status === "stuck") task.what = `waits for ${run.facts.wanted[waiting]}`;
    if (task.status === "asleep")
      waits.push({ task: lane.name, owners: [], what: `a wake-up on ${sleep.object}` });
    if (task.status === "blocked") waits.push({ task: lane.name, ...wait });
    if (task.status === "stuck") {
      const object =
        stuck.operation === "join" && stuck.owners.length ? "its end" : stuck.objects.at(-1);
      waits.push({
        task: lane.name,
        owners: stuck.owners,
        object,
        what: run.facts.wanted[waiting],
      });
    }
    return task;
  });
  return { step, end, tasks, objects, waits };
}

/** For whom a task that is awake has to wait before its next event: who holds what that takes. */
function waitOf(run, lane, next, stuck, holders, step) {
  const asked = next ?? stuck;
  if (!asked) return null;
  const taken = next
    ? next.owners.filter(([, who]) => who.includes(lane.name)).map(([name]) => name)
    : stuck.objects;
  for (const object of taken) {
    const owners = (holders.get(object) ?? []).filter((one) => one !== lane.name);
    if (owners.length) return { owners, object, what: `${object}, held by ${owners.join(", ")}` };
  }
  const end = "end of ";
  if (asked.operation !== "join" || asked.note || !asked.objects[0]?.startsWith(end)) return null;
  const joined = asked.objects[0].slice(end.length);
  const goesOn = run.events.some((event) => event.task === joined && event.step > step);
  const stays = run.header.waiting.some((one) => one.task === joined);
  return goesOn || stays
    ? { owners: [joined], object: "its end", what: `the end of ${joined}` }
    : null;
}
