// Warns a person whose server is about to be stopped, and tells the server that they are there.
//
// JupyterLab loads an extension as a container with `init` and `get`. This one is written out by
// hand: it uses nothing but commands of JupyterLab, so there is nothing to build.
(() => {
  "use strict";

  const ASK_EACH = 15_000; // ms between two questions
  const TELL_EACH = 60_000; // ms between two notes that the person is there
  const KEEP = "astroflow:keep-server";
  const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"];

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    return found ? found.slice(name.length + 1) : "";
  }

  function activate(app) {
    const url = `${app.serviceManager.serverSettings.baseUrl}astroflow/idle`;
    let shown = null; // the notification, while there is one
    let told = 0;

    function ask(method) {
      return fetch(url, {
        method,
        cache: "no-store",
        credentials: "same-origin",
        headers: { "X-XSRFToken": cookie("_xsrf") },
      });
    }

    async function show(message) {
      const options = {
        autoClose: false,
        actions: [{ label: "Keep it running", commandId: KEEP, displayType: "accent" }],
      };
      if (shown === null) {
        shown = await app.commands.execute("apputils:notify", { message, type: "warning", options });
      } else {
        await app.commands.execute("apputils:update-notification", { id: shown, message, options });
      }
    }

    async function hide() {
      if (shown !== null) {
        await app.commands.execute("apputils:dismiss-notification", { id: shown });
        shown = null;
      }
    }

    async function look() {
      const response = await ask("GET");
      if (response.ok) {
        const { warning } = await response.json();
        await (warning ? show(warning) : hide());
      }
      return response.status !== 404; // then this server does not stop by itself
    }

    // A server that has stopped is JupyterLab's own to tell; it may be started again.
    function lookAgain() {
      setTimeout(() => look().catch(() => {}).finally(lookAgain), ASK_EACH);
    }

    async function keep() {
      told = Date.now();
      if ((await ask("POST")).ok) {
        await hide();
      }
    }

    function isHere() {
      if (Date.now() - told > TELL_EACH) {
        keep().catch(() => {});
      }
    }

    app.commands.addCommand(KEEP, {
      label: "Keep the Server Running",
      describedBy: { args: { type: "object", properties: {} } },
      execute: keep,
    });
    look()
      .catch(() => true)
      .then((watched) => {
        if (watched) {
          SIGNS.forEach((sign) => document.addEventListener(sign, isHere, { capture: true, passive: true }));
          lookAgain();
        }
      });
  }

  const plugin = {
    id: "astroflow-idle:plugin",
    description: "Warns before the server is stopped for not being used.",
    autoStart: true,
    activate,
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["astroflow-idle"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
