/**
 * @file Parts of the page. Each is redrawn when its content has changed: visible ones at once, the others when they become visible.
 *   Opened elements, focus and pointer are preserved.
 */

/** Makes a part in its current state. */
export type Draw = () => HTMLElement;

export interface Parts {
  /** Redraws the parts after the user has changed what is shown. */
  readonly draw: (draws: readonly Draw[]) => void;
  /** Redraws them because of newer numbers. Parts that the user is operating are redrawn the next time. */
  readonly update: (draws: readonly Draw[]) => void;
  /** Draws all pending parts, because no newer numbers will come. */
  readonly settle: () => void;
}

/** Position of an element below another one, as child indices. */
const pathTo = (root: Element, element: Element): readonly number[] => {
  const parent = element === root ? null : element.parentElement;
  return parent ? [...pathTo(root, parent), [...parent.children].indexOf(element)] : [];
};

const at = (root: Element, path: readonly number[]): Element | undefined =>
  path.reduce<Element | undefined>((element, i) => element?.children[i], root);

/** Opens in a new part what is open in the old one, and moves the focus there. */
const keepState = (old: HTMLElement, made: HTMLElement): void => {
  const opened = [...made.querySelectorAll("details")];
  [...old.querySelectorAll("details")].forEach(({ open }, i) => {
    const next = opened[i];
    if (next) next.open = open;
  });
  const focus = document.activeElement;
  if (!focus || !old.contains(focus)) return;
  const next = at(made, pathTo(old, focus));
  queueMicrotask(() => {
    if (next instanceof HTMLElement || next instanceof SVGElement) next.focus({ preventScroll: true });
  });
};

/** Last position of the pointer, whether a button is down, and time of the last key or button. */
const hand = { x: -1, y: -1, isDown: false, pressed: 0 };

/** Milliseconds for which a field or a list counts as in use. */
const thought = 4000;

const followPointer = (event: PointerEvent): void => {
  if (event.isTrusted) Object.assign(hand, { x: event.clientX, y: event.clientY, isDown: event.buttons > 0 });
};
const followPress = ({ timeStamp }: Event): void => {
  hand.pressed = timeStamp;
};

/** Whether the user is dragging over a part, or has a field or a list of it open. */
const isInUse = (part: HTMLElement): boolean => {
  if (hand.isDown) return part.contains(document.elementFromPoint(hand.x, hand.y));
  const focus = document.activeElement;
  const isField = focus instanceof HTMLInputElement || focus instanceof HTMLSelectElement;
  return isField && part.contains(focus) && performance.now() - hand.pressed < thought;
};

/** Shows the tip under the pointer again, which has not moved. */
const pointAgain = (made: HTMLElement): void => {
  const under = document.elementFromPoint(hand.x, hand.y);
  const svg = under?.closest("svg");
  if (!svg || !made.contains(svg)) return;
  const { x: clientX, y: clientY } = hand;
  svg.dispatchEvent(
    new PointerEvent("pointermove", { bubbles: true, clientX, clientY, pointerType: "mouse" }),
  );
};

/**
 * The parts of an element, initially none.
 *
 * @param isLazy whether invisible parts may be drawn later
 */
export const parts = (root: HTMLElement, isLazy: boolean): Parts => {
  let shown: readonly HTMLElement[] = [];
  const waiting = new Map<Element, Draw>();

  const replace = (old: HTMLElement, draw: Draw): void => {
    const made = draw();
    waiting.delete(old);
    keepState(old, made);
    old.replaceWith(made);
    shown = shown.map((one) => (one === old ? made : one));
    seen.unobserve(old);
    seen.observe(made);
    pointAgain(made);
  };
  const drawWaiting = (elements: readonly Element[]): void => {
    for (const element of elements) {
      const draw = waiting.get(element);
      if (draw) replace(element as HTMLElement, draw);
    }
  };
  const seen = new IntersectionObserver((entries) =>
    drawWaiting(entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target)),
  );
  const isSeen = (part: HTMLElement): boolean => {
    const { top, bottom } = part.getBoundingClientRect();
    return bottom >= 0 && top <= innerHeight;
  };
  const drawAnew = (draws: readonly Draw[]): void => {
    shown = draws.map((draw) => draw());
    waiting.clear();
    seen.disconnect();
    root.replaceChildren(...shown);
    for (const part of shown) seen.observe(part);
  };
  const drawSome = (draws: readonly Draw[], isDue: (part: HTMLElement) => boolean): void => {
    if (draws.length === shown.length) {
      for (const [i, part] of shown.entries()) waiting.set(part, draws[i]!);
      drawWaiting(shown.filter(isDue));
    } else drawAnew(draws);
  };
  for (const type of ["pointermove", "pointerdown", "pointerup"] as const)
    addEventListener(type, followPointer, { capture: true });
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, followPress, { capture: true });
  addEventListener("beforeprint", () => drawWaiting(shown));

  return {
    draw: (draws) => drawSome(draws, (part) => !isLazy || isSeen(part)),
    update: (draws) => drawSome(draws, (part) => isSeen(part) && !isInUse(part)),
    settle: () => drawWaiting(shown),
  };
};
