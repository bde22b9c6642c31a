// Releases and revisions: what was frozen, what was served, and the difference of any two.
import { call, get, orReplace } from "./api.js";
import { $, element, row, button, date, size, attempt, whenTyped, openDialog, PagedList } from "./elements.js";
import { publish, showChannels } from "./channels.js";
import { app } from "./now.js";

/** What is compared: the first is the older one. */
let chosen = [];

const releases = new PagedList($("releases-rows"), $("releases-more"), async offset => {
  const page = await get("releases", { offset, limit: 50, text: $("releases-text").value });
  $("releases-count").textContent = page.total === 1 ? "1 release" : `${page.total} releases`;
  return {
    rows: page.releases.map(({ id, time: made, revision, parcels, size: bytes }) => row([
      [compareBox(`release:${id}`, id)], [id, "code"], [date(made), "quiet"], [revision === undefined ? "" : String(revision), "figure"],
      [String(parcels), "figure"], [size(bytes), "figure"],
      [element("span", [
        button("Publish", () => publish(id), `Publish ${id} to a channel`), " ",
        button("Remove", () => remove(id), `Remove the release ${id}`),
      ]), "figure"],
    ])),
    total: page.total,
  };
});

async function remove(id) {
  if (!confirm(`Remove the release ${id}? Its content goes, unless something else has it.`)) return;
  await call("DELETE", "release", { parameters: { id } });
  await showReleases();
}

/** Makes a release of a revision or of a bindle, and shows it. */
export async function makeRelease(what) {
  const release = await orReplace(replace => call("POST", "releases", { json: { ...what, ...replace } }));
  $("releases-made").textContent = `${release.id} is released.`;
  await Promise.all([showReleases(), showChannels()]);
  return release;
}

export async function showReleases() {
  await Promise.all([releases.show(), showRevisions()]);
}

whenTyped($("releases-text"), () => releases.show());

$("release").addEventListener("submit", event => {
  event.preventDefault();
  const version = $("release-version").value.trim();
  attempt(() => {
    if (!app?.revision) throw new Error("Nothing serves yet that could be released.");
    return makeRelease({ revision: app.revision, ...version && { version } });
  }, event.submitter);
});

// MARK: Revisions

async function showRevisions() {
  const { revisions } = await get("revisions");
  $("revisions-rows").replaceChildren(...revisions.map(({ number, bindle, time: made, parcels, size: bytes, restores, served }, index) => row([
    [compareBox(`revision:${number}`, `revision ${number}`)], [String(number), "figure"], [bindle, "code"],
    [date(made), "quiet"], [parcels === undefined ? "" : String(parcels), "figure"], [bytes === undefined ? "" : size(bytes), "figure"],
    [restores === undefined ? served ? "" : "not served" : `brings back ${restores}`, "quiet"],
    [index === 0 ? "" : button("Roll back", () => call("POST", "app/rollback", { json: { revision: number } }), `Roll back to revision ${number}`), "figure"],
  ])));
}

// MARK: Comparing

function compareBox(what, label) {
  const box = element("input");
  box.type = "checkbox";
  box.checked = chosen.includes(what);
  box.setAttribute("aria-label", `Compare ${label}`);
  box.dataset.what = what;
  box.addEventListener("change", () => {
    chosen = chosen.filter(other => other !== what);
    if (box.checked) chosen = [...chosen, what].slice(-2);
    showChosen();
  });
  return box;
}

function showChosen() {
  for (const box of document.querySelectorAll("input[data-what]")) box.checked = chosen.includes(box.dataset.what);
  $("compare").disabled = chosen.length !== 2;
  $("compare-text").textContent = chosen.length === 2 ? `${chosen[0]} with ${chosen[1]}` : "Choose two releases or revisions to compare.";
}

$("compare").addEventListener("click", () => attempt(() => compare(...chosen), $("compare")));

const compared = new PagedList($("comparison-rows"), $("comparison-more"), async offset => {
  const [from, to] = compared.sides;
  const page = await get("comparison", { from, to, offset, limit: 100 });
  $("comparison-count").textContent = page.total === 0
    ? "They are the same." : page.total === 1 ? "1 file differs." : `${page.total} files differ.`;
  return {
    rows: page.files.map(({ name, change, from: old, to: new_ }) => row([
      [nameButton(name, () => showFile(from, to, name))], change,
      [old ? size(old.size) : "", "figure"], [new_ ? size(new_.size) : "", "figure"],
    ])),
    total: page.total,
  };
});

function nameButton(name, action) {
  const made = button(name, action);
  made.className = "link code";
  return made;
}

async function compare(from, to) {
  compared.sides = [from, to];
  $("comparison-title").textContent = `${from} and ${to}`;
  $("comparison-file").hidden = true;
  await compared.show();
  openDialog($("comparison"));
}

async function showFile(from, to, name) {
  const file = await get("comparison/file", { from, to, name });
  $("comparison-file").hidden = false;
  $("comparison-name").textContent = name;
  $("comparison-difference").replaceChildren(...differenceLines(file));
  $("comparison-name").scrollIntoView();
}

/** A difference of texts as lines with signs, or why there is none. */
export function differenceLines(difference) {
  if (!difference.hunks) {
    const sides = [difference.from, difference.to].map(side => side ? `${size(side.size)}, ${side.sha256.slice(0, 12)}…` : "nothing");
    return [element("span", `${difference.kind === "large" ? "Too large for a comparison by lines" : "Not text"}: ${sides.join(" before, ")} now.\n`)];
  }
  const lines = difference.hunks.flatMap(({ from, to, lines: parts }) => [
    element("span", `@@ -${from} +${to} @@\n`, "quiet"),
    ...parts.map(({ change, text, ended }) => element("span",
      `${{ removed: "-", added: "+" }[change] ?? " "}${text}\n${ended === false ? "\\ No line end at the end of the file\n" : ""}`, change)),
  ]);
  if (difference.cut) lines.push(element("span", "…\n", "quiet"));
  return lines.length ? lines : [element("span", "The content is the same.\n")];
}
