/** How much of a goal is done, as a ring that closes; closed, it has a tick. What it says is said in words beside it. */
import styles from "./Counts.module.css";

const radius = 6;
const around = 2 * Math.PI * radius;

/** @param part of the whole; more than all of it is all of it */
export function Ring({ part }: { part: number }) {
  const isDone = part >= 1;
  return (
    <svg className={styles["ring"]} viewBox="0 0 16 16" data-done={isDone || undefined} aria-hidden>
      <circle className={styles["track"]} cx="8" cy="8" r={radius} />
      <circle
        className={styles["done"]}
        cx="8"
        cy="8"
        r={radius}
        strokeDasharray={`${Math.min(1, part) * around} ${around}`}
        transform="rotate(-90 8 8)"
      />
      {isDone && <path className={styles["tick"]} d="M5.4 8.2 7.2 10l3.4-3.8" />}
    </svg>
  );
}
