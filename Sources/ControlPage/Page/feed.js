// Feeding: a bindle of the store, one from elsewhere, or files that are dropped here.
import { call, get, orReplace } from "./api.js";
import { $, element, row, button, size, attempt, whenTyped, PagedList } from "./elements.js";
import { tar } from "./tar.js";
import { makeRelease } from "./releases.js";
import { addChannel, channelName } from "./channels.js";

function say(...parts) {
  $("feed-result").replaceChildren(...parts);
}

/** What can be done with a bundle that is in the store: a release of it, on a channel. */
function actions(id) {
  const version = id.slice(id.lastIndexOf("/") + 1);
  return [
    button("Release", () => makeRelease({ bindle: id }), `Release ${id}`), " ",
    button("Release and serve", async () => {
      const release = await makeRelease({ bindle: id });
      await addChannel({ app: release.name, name: channelName("dev"), pin: version });
    }, `Release ${id} and serve it on a channel`),
  ];
}

// MARK: From the store

const found = new PagedList($("feed-bindles"), $("feed-more"), async offset => {
  const page = await get("bindles", { offset, limit: 20, text: $("feed-text").value });
  $("feed-count").textContent = page.total === 1 ? "1 bindle" : `${page.total} bindles`;
  return {
    rows: page.bindles.map(({ id }) => row([[id, "code"], [element("span", actions(id)), "figure"]])),
    total: page.total,
  };
});

whenTyped($("feed-text"), () => found.show());
$("feed-text").addEventListener("focus", () => { if (!$("feed-bindles").rows.length) attempt(() => found.show()); });

// MARK: From elsewhere

$("feed-from").addEventListener("submit", event => {
  event.preventDefault();
  attempt(async () => {
    const source = $("feed-url").value.trim();
    say("Fetching…");
    try {
      const what = /^https?:/i.test(source) ? { url: source } : { id: source };
      showFed(await orReplace(replace => call("POST", "feed", { json: { ...what, ...replace } })));
    } catch (error) {
      say(element("p", error.message, "alarm"));
    }
  }, event.submitter);
});

function showFed(fed) {
  say(
    element("p", [element("strong", fed.bindle), " is in the store."]),
    element("ul", (fed.notes ?? []).map(note => element("li", note)), "plain"),
    handlers(fed),
    element("p", actions(fed.bindle)));
  if ($("feed-bindles").rows.length) attempt(() => found.show());
}

const handlers = fed => element("ul", (fed.handlers ?? []).map(({ route, module }) =>
  element("li", [element("span", route, "code"), element("span", ` ${module}`, "quiet")])), "plain");

// MARK: Dropped files

let dropped;

const drop = $("feed-drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, event => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));

// A file that misses the place must not take the place of this page.
for (const name of ["dragover", "drop"]) addEventListener(name, event => event.preventDefault());

drop.addEventListener("drop", event => {
  event.preventDefault();
  const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  attempt(async () => look(withoutCommonFolder((await Promise.all(entries.map(files))).flat())));
});

for (const id of ["feed-files", "feed-folder"]) {
  $(id).addEventListener("change", () => attempt(async () => {
    const chosen = [...$(id).files].map(file => ({ path: file.webkitRelativePath || file.name, file }));
    $(id).value = "";
    if (chosen.length) await look(withoutCommonFolder(chosen));
  }));
}
$("feed-choose-files").addEventListener("click", () => $("feed-files").click());
$("feed-choose-folder").addEventListener("click", () => $("feed-folder").click());

/** All files below an entry of the file system. */
async function files(entry) {
  if (entry.isFile) {
    return [{ path: entry.fullPath.slice(1), file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  }
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    // A reader gives some at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    for (const child of some) all.push(...await files(child));
  }
}

/** The folder that was dropped is no part of the names in it. */
function withoutCommonFolder(entries) {
  const folder = entries[0]?.path.split("/")[0];
  if (!folder || entries.some(({ path }) => !path.startsWith(`${folder}/`))) return entries;
  return entries.map(({ path, file }) => ({ path: path.slice(folder.length + 1), file }));
}

async function look(entries) {
  if (!entries.length) return say(element("p", "There is no file in what was dropped.", "alarm"));
  const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
  say(element("p", `Looking at ${entries.length} files, ${size(bytes)}…`));
  $("feed-dropped").hidden = true;
  try {
    const archive = tar(entries);
    const what = await call("POST", "feed/files", { parameters: { try: true }, body: archive, type: "application/x-tar" });
    dropped = archive;
    const slash = what.bindle.lastIndexOf("/");
    $("feed-name").value = what.bindle.slice(0, slash);
    $("feed-version").value = what.bindle.slice(slash + 1);
    say(
      element("p", `${entries.length} files, ${size(bytes)}.`),
      element("ul", (what.notes ?? []).map(note => element("li", note)), "plain"), handlers(what));
    $("feed-dropped").hidden = false;
    $("feed-name").focus();
  } catch (error) {
    dropped = undefined;
    say(element("p", error.message, "alarm"));
  }
}

$("feed-dropped").addEventListener("submit", event => {
  event.preventDefault();
  attempt(async () => {
    try {
      const name = { name: $("feed-name").value.trim(), version: $("feed-version").value.trim() };
      showFed(await orReplace(replace =>
        call("POST", "feed/files", { parameters: { ...name, ...replace }, body: dropped, type: "application/x-tar" })));
      $("feed-dropped").hidden = true;
    } catch (error) {
      say(element("p", error.message, "alarm"));
    }
  }, event.submitter);
});
