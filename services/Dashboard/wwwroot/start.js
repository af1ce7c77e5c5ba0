// A lost connection is tried again at once and then every few seconds; a server that forgot the page means: load it anew.
Blazor.start({
  circuit: { reconnectionOptions: { maxRetries: 200, retryIntervalMilliseconds: tries => tries < 3 ? 300 : Math.min(5000, tries * 500) } },
});
new MutationObserver((_, observer) => {
  if (document.querySelector(".mud-layout, .entrance")) { document.getElementById("loading")?.remove(); observer.disconnect(); }
}).observe(document.body, { childList: true, subtree: true });
document.querySelector("#components-reconnect-modal button")?.addEventListener("click", () => location.reload());
document.getElementById("components-reconnect-modal")?.addEventListener("components-reconnect-state-changed", e => {
  const dialog = e.currentTarget;
  if (e.detail.state === "show") dialog.showModal();
  else if (e.detail.state === "hide") dialog.close();
  else if (e.detail.state === "rejected") location.reload();
});

// A one-time token stands behind the #, which no browser sends: the form takes it from there, and the address forgets it.
const opening = document.querySelector("form[data-fragment]");
if (opening && location.hash.length > 1) {
  opening.querySelector("input[name='Opening.Token']").value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  opening.submit();
}
