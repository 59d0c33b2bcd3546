// theme.js: the reader's choice of light or dark, applied before the first paint. Kept on this device only.
try {
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
} catch { /* storage refused: the system's preference holds */ }
