/**
 * @file The parts of the page, each drawn again when what it shows has changed: at once where somebody sees it, the others when they
 * come into sight. What a person has opened, and where the focus and the pointer are, stays.
 */

/** Makes a part as it is now. */
export type Draw = () => HTMLElement;

export interface Parts {
  /** Draws the parts again after a person has changed what is looked at. */
  readonly draw: (draws: readonly Draw[]) => void;
  /** Draws them again because there are newer numbers: where a person is in the middle of something, the next time. */
  readonly update: (draws: readonly Draw[]) => void;
  /** Draws what still waits, because no newer numbers will come. */
  readonly settle: () => void;
}

/** Place of an element below another one, as the numbers of the children that lead to it. */
const pathTo = (root: Element, element: Element): readonly number[] => {
  const parent = element === root ? null : element.parentElement;
  return parent ? [...pathTo(root, parent), [...parent.children].indexOf(element)] : [];
};

const at = (root: Element, path: readonly number[]): Element | undefined =>
  path.reduce<Element | undefined>((element, i) => element?.children[i], root);

/** Opens in a new part what is open in the old one, and takes the focus there. */
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

/** Where the pointer was last, whether one of its buttons is down, and when a person has last pressed anything. */
const hand = { x: -1, y: -1, isDown: false, pressed: 0 };

/** Milliseconds that someone may think about a field or a list. */
const thought = 4000;

const followPointer = (event: PointerEvent): void => {
  if (event.isTrusted) Object.assign(hand, { x: event.clientX, y: event.clientY, isDown: event.buttons > 0 });
};
const followPress = ({ timeStamp }: Event): void => {
  hand.pressed = timeStamp;
};

/** Whether a person drags over a part, or has a field or a list of it open. */
const isInUse = (part: HTMLElement): boolean => {
  if (hand.isDown) return part.contains(document.elementFromPoint(hand.x, hand.y));
  const focus = document.activeElement;
  const isField = focus instanceof HTMLInputElement || focus instanceof HTMLSelectElement;
  return isField && part.contains(focus) && performance.now() - hand.pressed < thought;
};

/** Shows the tip again that the pointer had called, since it has not moved. */
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
 * The parts of an element, of which there are none yet.
 *
 * @param isLazy whether parts that nobody sees may wait
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
