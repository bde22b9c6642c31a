// What the app is like now.
import { get } from "./api.js";
import { $, element, row, link, duration, size, attempt, whenTyped, PagedList } from "./elements.js";

export let app;
let shownRevision;

const words = { starting: "Starting", building: "Building", serving: "Serving", failed: "Failed" };

/** The URL of a path of the app; nothing where a route's text would lead elsewhere. */
function appLink(path) {
  if (!URL.canParse(path, app.url)) return undefined;
  const url = new URL(path, app.url);
  return url.origin === new URL(app.url).origin && path.startsWith("/") && !path.startsWith("//") ? url.href : undefined;
}

/** Shows the app. Calls `onRevision` when another revision serves. */
export function showApp(next, onRevision) {
  app = next;
  $("version").textContent = app.version;
  $("title").textContent = app.bindle ?? "The app";
  document.title = `${words[app.state]}: ${app.bindle ?? "hippo-dev"}`;
  $("state").dataset.state = app.state;
  $("state-word").textContent = words[app.state] ?? app.state;
  const revision = app.revision > 0 ? `revision ${app.revision} at ` : "at ";
  $("state-text").replaceChildren(
    app.state === "failed" && app.revision > 0 ? "to serve the last save; still " : "", revision, link(app.url, app.url));
  showProblem(app.problem);
  const timings = (app.timings ?? []).map(({ stage, milliseconds }) => row([stage, [`${duration(milliseconds)} ms`, "figure"]]));
  $("timings").tBodies[0].replaceChildren(...(timings.length ? timings : [row([["Nothing has been saved yet.", "quiet"], ""])]));
  // What serves is told a moment after its number.
  if (app.bindle && app.revision > 0 && shownRevision !== app.revision) {
    shownRevision = app.revision;
    attempt(() => Promise.all([showRoutes(), parcels.show(), onRevision()]).catch(error => {
      shownRevision = undefined;
      throw error;
    }));
  }
}

function showProblem(problem) {
  $("problem").hidden = !problem;
  if (!problem) return;
  $("problem-stage").textContent = `${problem.stage} failed`;
  const place = [problem.file, problem.line, problem.column].filter(part => part !== undefined).join(":");
  // The sandbox has made the link, for the developer's editor.
  $("problem-place").replaceChildren(problem.link ? link(problem.link, place) : place);
  $("problem-message").textContent = problem.message;
  $("problem-source").hidden = !problem.excerpt;
  $("problem-source").replaceChildren(...(problem.excerpt ?? []).map(({ number, text }) =>
    element("span", `${String(number).padStart(5)}  ${text}\n`, number === problem.line ? "here" : "")));
}

async function showRoutes() {
  const { routes } = await get("app/routes");
  $("routes").replaceChildren(...routes.map(({ route, path, module, component }) => {
    const href = appLink(path);
    const shown = href ? link(href, route) : element("span", route);
    shown.className = "code";
    return element("li", [shown, element("span", ` ${module}`, "quiet"), component ? world(module) : undefined]);
  }));
}

/** What a component imports and exports, and the modules in it: asked for when somebody opens it. */
function world(module) {
  const summary = element("summary", "component");
  summary.setAttribute("aria-label", `What the component ${module} is made of`);
  const made = element("details", [summary]);
  made.addEventListener("toggle", () => attempt(async () => {
    if (!made.open || made.childElementCount > 1) return;
    const { imports, exports, modules, producers } = await get("app/component", { module });
    const list = (title, items) => [
      element("p", title, "quiet"), element("ul", items.map(item => element("li", item, "code")), "plain"),
    ];
    made.append(
      ...list("exports", exports), ...list("imports", imports.length ? imports : ["nothing"]),
      ...list(`${modules.length} core modules`, modules.map(({ name, size: bytes }) => `${name ?? "unnamed"}, ${size(bytes)}`)),
      ...(producers ? [element("p", `made from ${producers}`, "quiet")] : []));
  }));
  return made;
}

// MARK: Parcels

const parcels = new PagedList($("parcels-rows"), $("parcels-more"), async offset => {
  const page = await get("app/parcels", { offset, limit: 100, text: $("parcels-text").value });
  $("parcels-count").textContent = `${page.total} of revision ${page.revision}`
    + (page.comparedWith ? `, compared with revision ${page.comparedWith}` : "");
  return {
    rows: page.parcels.map(({ name, change, size: bytes, mediaType }) => row([
      [name, "code"], page.comparedWith && change !== "same" ? change : "", [size(bytes), "figure"], [mediaType, "quiet"],
    ])),
    last: page.removed.map(name => row([[name, "code quiet"], "removed", "", ""])),
    total: page.total,
  };
});

whenTyped($("parcels-text"), () => parcels.show());
