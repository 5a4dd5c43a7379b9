// The page by keyboard; without this script its links and buttons do the same.
"use strict";
const by = (id) => document.getElementById(id);
const press = (id) => { const found = by(id); if (found) { found.click(); } };
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("textarea, input, select");
  if (typing) {
    if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); press("wrong"); }
    if (event.key === "Escape") { event.target.blur(); }
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) { return; }
  const remark = by("remark");
  const does = {
    a: () => press("good"),
    w: () => press("unsure"),
    n: () => remark && (remark.value.trim() ? press("wrong") : remark.focus()),
    j: () => press("next"),
    k: () => press("previous"),
    o: () => press("overview"),
  }[event.key];
  if (does) { event.preventDefault(); does(); }
});
