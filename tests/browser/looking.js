// What tests ask a page about itself. Every function gives a list of sentences: what is wrong.
(() => {
  const SEEN = { visibilityProperty: true, opacityProperty: true };

  /** An element in the words of who must find it: tag, id, classes, and how its text begins. */
  const named = (el) => {
    const id = el.id ? `#${el.id}` : "";
    const classes = [...el.classList].map((name) => `.${name}`).join("");
    const text = (el.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${el.tagName.toLowerCase()}${id}${classes}> "${text}"`;
  };

  const shown = (el) => {
    const box = el.getBoundingClientRect();
    return el.checkVisibility(SEEN) && box.width > 0 && box.height > 0;
  };

  /** Hidden for the eye and there for a screen reader: no larger than a dot. */
  const aside = (el) => {
    const box = el.getBoundingClientRect();
    return box.width <= 1 || box.height <= 1;
  };

  const rolls = (value) => value === "auto" || value === "scroll";
  const clips = (value) => value !== "visible";

  /** Elements that cut their own content off; what can be rolled sideways only counts on paper. */
  const cut = (paper) =>
    [...document.body.querySelectorAll("*")]
      .filter((el) => el instanceof HTMLElement && shown(el) && !aside(el))
      .filter((el) => {
        const style = getComputedStyle(el);
        const wide = el.scrollWidth > el.clientWidth + 1 && clips(style.overflowX);
        const high = el.scrollHeight > el.clientHeight + 1 && clips(style.overflowY);
        return (
          (wide && (paper || !rolls(style.overflowX))) ||
          (high && (paper || !rolls(style.overflowY)))
        );
      })
      .map((el) => `${named(el)} cuts off what is in it`);

  const contained = (el) => {
    for (let up = el.parentElement; up && up !== document.body; up = up.parentElement) {
      if (clips(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };

  /** What makes the page wider than its window. */
  const sticking = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll("*")]
      .filter((el) => shown(el) && !contained(el))
      .filter((el) => el.getBoundingClientRect().right > root.clientWidth + 0.5)
      .map((el) => `${named(el)} ends at ${Math.ceil(el.getBoundingClientRect().right)} px`);
    return [`the page is ${root.scrollWidth} px wide, its window ${root.clientWidth}`, ...wide];
  };

  // --- what can be operated -----------------------------------------------------------------
  const NATIVE = "a[href],button,input,select,textarea,summary,area[href],iframe,[contenteditable]";
  const ROLES = ["button", "link", "checkbox", "radio", "tab", "menuitem", "switch", "option"];
  const CLAIMED = ROLES.map((role) => `[role=${role}]`).join(",");
  const LOOK = ["outline", "boxShadow", "border", "backgroundColor", "color", "textDecoration"];

  const look = (el) => LOOK.map((name) => getComputedStyle(el)[name]).join("|");

  const operable = () =>
    [...document.querySelectorAll(`${NATIVE},${CLAIMED},[onclick],[tabindex]`)].filter(
      (el) =>
        el.checkVisibility(SEEN) &&
        !el.disabled &&
        el.type !== "hidden" &&
        !el.closest("[inert]") &&
        !(el.getAttribute("tabindex") === "-1" && !el.matches(`${NATIVE},${CLAIMED},[onclick]`)),
    );

  let waiting = new Map();
  let reached = new Set();

  const keys = {
    /** Remember how everything that can be operated looks without the focus. */
    start() {
      if (document.activeElement) document.activeElement.blur();
      waiting = new Map(operable().map((el) => [el, look(el)]));
      reached = new Set();
      return waiting.size;
    },
    /** Look at where Tab came: `end` when it was there before, `wrong` when it cannot be seen. */
    step() {
      const el = document.activeElement;
      if (!el || el === document.body || el === document.documentElement) return { none: true };
      if (reached.has(el)) return { end: true };
      reached.add(el);
      const box = el.getBoundingClientRect();
      const inside =
        box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const changed = !waiting.has(el) || waiting.get(el) !== look(el);
      if (!inside) return { wrong: `${named(el)} has the focus outside the window` };
      if (!changed) return { wrong: `${named(el)} looks the same with the focus` };
      return {};
    },
    /** What Tab never came to; of radio buttons of one name, one is enough. */
    missed() {
      const group = (el) => (el.type === "radio" ? `${el.form?.id}/${el.name}` : null);
      const groups = new Set([...reached].map(group).filter(Boolean));
      return [...waiting.keys()]
        .filter((el) => !reached.has(el) && !groups.has(group(el)))
        .map((el) => `${named(el)} cannot be reached by Tab`);
    },
  };

  // --- contrast of text in drawings, at which axe does not look ------------------------------
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const mix = (i) => top[i] * top[3] + below[i] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const light = ([r, g, b]) => {
    const line = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const paint = (el, style) => {
    if (!(el instanceof SVGElement) || el instanceof SVGSVGElement) {
      return rgba(style.backgroundColor);
    }
    if (el instanceof SVGTextContentElement || style.fill === "none") return [0, 0, 0, 0];
    const [r, g, b, a] = rgba(style.fill);
    return [r, g, b, a * Number(style.fillOpacity) * Number(style.opacity)];
  };
  const behind = (el, box) => {
    const x = (box.left + box.right) / 2;
    const y = (box.top + box.bottom) / 2;
    const layers = document.elementsFromPoint(x, y).filter((other) => !el.contains(other));
    const base = matchMedia("(prefers-color-scheme: dark)").matches ? "Canvas" : "white";
    return layers
      .reverse()
      .reduce((below, layer) => over(paint(layer, getComputedStyle(layer)), below), rgba(base));
  };

  /** Text in SVG of which the colour is too near to what lies behind it (WCAG 1.4.3). */
  const drawn = () =>
    [...document.querySelectorAll("svg text, svg tspan")]
      .filter((el) => shown(el) && [...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      .flatMap((el) => {
        el.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const style = getComputedStyle(el);
        const back = behind(el, el.getBoundingClientRect());
        const [r, g, b, a] = rgba(style.fill);
        const seen = ratio(over([r, g, b, a * Number(style.fillOpacity)], back), back);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const asked = large ? 3 : 4.5;
        return seen >= asked ? [] : [`${named(el)} has contrast ${seen.toFixed(2)} of ${asked}`];
      });

  /** The words that a reader sees, those in drawings too. */
  const words = () => {
    const drawing = [...document.querySelectorAll("svg text")].filter(shown);
    const all = [document.body.innerText, ...drawing.map((el) => el.textContent)];
    return [...new Set(all.join(" ").split(/\s+/).filter(Boolean))];
  };

  return { cut, sticking, keys, drawn, words };
})();
