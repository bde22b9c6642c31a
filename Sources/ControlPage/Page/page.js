// The control page: it shows what the API tells, and acts on nothing in its own address but a token, which it takes out.
import { followEvents, setToken, TokenWanted } from "./api.js";
import { $, attempt, onFailure } from "./elements.js";
import { showApp } from "./now.js";
import { tellActivity } from "./activity.js";
import { showReleases } from "./releases.js";
import { showChannels } from "./channels.js";
import { showEnvironment } from "./environment.js";
import { showTokens } from "./tokens.js";
import "./feed.js";

function complain(text) {
  $("connection").hidden = !text;
  $("connection").textContent = text;
}

onFailure(error => {
  if (error instanceof TokenWanted) return askForToken();
  complain(error instanceof TypeError ? "hippo-dev does not answer. This page goes on when it does." : error.message);
});

$("token").addEventListener("submit", event => {
  event.preventDefault();
  setToken($("token-text").value.trim());
  $("token-text").value = "";
  $("token").hidden = true;
  isAsking = false;
  follow();
});

let isAsking = false;

function askForToken() {
  if (isAsking) return;
  isAsking = true;
  setToken();
  complain("");
  $("token").hidden = false;
  $("token-text").focus();
}

let isShowing = false;
let isStale = false;

/** Shows what no event has in it. However often it is called meanwhile, it is fetched once more afterwards. */
async function showTheRest() {
  isStale = true;
  if (isShowing) return;
  isShowing = true;
  try {
    while (isStale) {
      isStale = false;
      await Promise.all([showReleases(), showChannels(), showTokens(), showEnvironment()]);
    }
  } finally {
    isShowing = false;
  }
}

async function follow() {
  let pause = 500;
  while (!isAsking) {
    let isFirst = true;
    await attempt(() => followEvents((name, object) => {
      pause = 500;
      if (isFirst) {
        complain("");
        attempt(showTheRest);
      }
      isFirst = false;
      if (name === "app") showApp(object, showTheRest);
      if (name === "activity") tellActivity(object);
      if (name === "channels") attempt(showTheRest);
    }));
    if (isAsking) return;
    complain("hippo-dev does not answer. This page goes on when it does.");
    await new Promise(resolve => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 5000);
  }
}

follow();
