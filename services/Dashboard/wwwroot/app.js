// Before anything is drawn, so that no page flashes in the wrong colours.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("tokensense-colours"); } catch { return null; } };
  const isDark = () => (chosen() ?? (system.matches ? "dark" : "light")) === "dark";
  const apply = () => document.documentElement.setAttribute("data-colours", isDark() ? "dark" : "light");
  apply();
  system.addEventListener("change", apply);

  // The cookie is renewed by a request; a page's connection cannot set one.
  const renew = async () => {
    try { return (await fetch("/session/renew", { method: "POST", redirect: "manual" })).status === 204; } catch { return false; }
  };
  setInterval(() => { if (document.visibilityState === "visible") renew(); }, 240000);

  // In a list of choices Enter chooses: it does not send the form that the list stands in.
  document.addEventListener("keydown", e => { if (e.key === "Enter" && e.target.closest?.("[role=combobox]")) e.preventDefault(); }, true);

  window.tokensense = {
    isDark,
    setDark: dark => { try { localStorage.setItem("tokensense-colours", dark ? "dark" : "light"); } catch { /* for this page only */ } apply(); },
    renew,
    signOut: () => {
      const form = document.createElement("form");
      form.method = "post"; form.action = "/session/end";
      document.body.append(form); form.submit();
    },
    copy: async text => { try { await navigator.clipboard.writeText(text); return true; } catch { return false; } },
  };
})();
