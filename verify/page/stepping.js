// Stepping: which step is shown, and how one gets to another: keys, buttons, clicks, the address.
//
//   begin     read what the page holds, draw it, listen
//   show      put everything in the state after one step, and that step into the address

async function begin() {
  const run = read(JSON.parse(await data()));
  const first = Math.min(1, run.events.length);
  const last = run.events.length;
  const page = document.getElementById("page");
  const report = document.getElementById("report");
  const wrong = Math.min(Math.max(run.header.step, first), last); // where the page opens
  let current = wrong;

  function show(step, byHand = true) {
    current = Math.min(Math.max(step, first), last);
    const now = situation(run, current);
    showEvent(run, now);
    showTasks(run, now);
    showState(run, now);
    showWaits(run, now);
    mark(current);
    document.getElementById("first").disabled = document.getElementById("back").disabled =
      current === first;
    document.getElementById("last").disabled = document.getElementById("next").disabled =
      current === last;
    if (!byHand) return;
    try {
      history.replaceState(null, "", `#step=${current}`);
    } catch {
      // Some browsers take only so many a minute, which a key held down exceeds.
    }
  }

  function asked() {
    const found = /^#step=(\d{1,9})$/.exec(location.hash);
    return found ? Number(found[1]) : null;
  }

  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const steps = new Map([
      ["ArrowDown", current + 1],
      ["ArrowRight", current + 1],
      ["ArrowUp", current - 1],
      ["ArrowLeft", current - 1],
      ["Home", first],
      ["End", last],
    ]);
    if (!steps.has(event.key)) return;
    event.preventDefault();
    show(steps.get(event.key));
  }

  page.hidden = false;
  showVerdict(run);
  showPassing(run);
  showSearch(run);
  showAgain(run);
  draw(run, show);
  fit();
  show(asked() ?? wrong, false);
  report.open = false;

  document.addEventListener("keydown", key);
  window.addEventListener("hashchange", () => show(asked() ?? wrong, false));
  document.getElementById("first").addEventListener("click", () => show(first));
  document.getElementById("back").addEventListener("click", () => show(current - 1));
  document.getElementById("next").addEventListener("click", () => show(current + 1));
  document.getElementById("last").addEventListener("click", () => show(last));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) draw(run, show);
    width = window.innerWidth;
    fit();
    mark(current);
  });
}

/** The data in the page, which are deflated where they are long. */
async function data() {
  const block = document.getElementById("data");
  if (block.type === "application/json") return block.textContent;
  const packed = Uint8Array.from(atob(block.textContent), (sign) => sign.charCodeAt(0));
  return new Response(
    new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")),
  ).text();
}

/** Let the lanes be as high as the window has room for; on a wide one, below what is above. */
function fit() {
  const lanes = document.getElementById("lanes");
  const wide = window.matchMedia("(min-width: 821px)").matches;
  const above = lanes.getBoundingClientRect().top + window.scrollY;
  const below = document.getElementById("legend").offsetHeight + 16;
  const room = wide ? window.innerHeight - above - below : window.innerHeight * 0.52;
  lanes.style.maxHeight = `${Math.max(room, 320)}px`;
}

/** Let one row stand out, keep what comes after it back, and bring it into view. */
function mark(step) {
  const lanes = document.getElementById("lanes");
  const row = document.getElementById(`step-${step}`);
  for (const element of lanes.querySelectorAll(".now")) element.classList.remove("now");
  for (const element of lanes.querySelectorAll(
    `[data-step="${step}"], [data-from="${step}"], [data-to="${step}"]`,
  )) {
    element.classList.add("now"); // what follows it, in the order of the steps, is paler
  }
  lanes.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
  row?.setAttribute("aria-selected", "true");
  lanes.setAttribute("aria-activedescendant", row ? row.id : "");
  if (!row) return;
  // Only the pane of the lanes is scrolled: the page stays where its reader has put it.
  const [top, bottom] = [row.offsetTop - 2 * ROW, row.offsetTop + 3 * ROW];
  if (top < lanes.scrollTop) lanes.scrollTop = top;
  else if (bottom > lanes.scrollTop + lanes.clientHeight)
    lanes.scrollTop = bottom - lanes.clientHeight;
}

begin();
