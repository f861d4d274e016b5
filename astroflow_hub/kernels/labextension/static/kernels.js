// Tells a person that a kernel was killed because memory ran out; JupyterLab itself only says
// that it died. Also when the page was closed meanwhile: it asks as soon as it is there again.
//
// Written out by hand like the extension that warns of idle servers: there is nothing to build.
(() => {
  "use strict";

  const ASK_EACH = 5_000; // ms between two questions
  const TOLD = "astroflow:kernels-told"; // where the page remembers of which it has told

  function activate(app) {
    const url = `${app.serviceManager.serverSettings.baseUrl}astroflow/kernels`;

    async function tell({ id, message }) {
      const told = JSON.parse(sessionStorage.getItem(TOLD) || "[]");
      if (!told.includes(id)) {
        sessionStorage.setItem(TOLD, JSON.stringify([...told, id]));
        const options = { autoClose: false };
        await app.commands.execute("apputils:notify", { message, type: "error", options });
      }
    }

    async function look() {
      const response = await fetch(url, { cache: "no-store", credentials: "same-origin" });
      if (response.ok) {
        const { ends } = await response.json();
        for (const end of ends) {
          await tell(end);
        }
      }
      return response.status !== 404; // then this server does not watch its kernels
    }

    function lookAgain() {
      setTimeout(() => look().catch(() => {}).finally(lookAgain), ASK_EACH);
    }

    look()
      .catch(() => true)
      .then((watched) => watched && lookAgain());
  }

  const plugin = {
    id: "astroflow-kernels:plugin",
    description: "Tells that a kernel was killed because memory ran out.",
    autoStart: true,
    activate,
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["astroflow-kernels"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
