import { useEffect, useState } from "react";
import type { SpellingState } from "../../../electron/ipc.ts";
import { Button } from "../../ui/Button.tsx";
import { Checkbox } from "../../ui/Checkbox.tsx";
import { bridge } from "../bridge.ts";
import styles from "./SettingsDialog.module.css";

/** Whether spelling is checked and with what, and the person's own words. */
export function SpellingSettings() {
  const [state, setState] = useState<SpellingState | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    void bridge.spelling().then(setState);
    return bridge.onNotice(({ type }) => {
      if (type === "spelling-changed") void bridge.spelling().then(setState);
    });
  }, []);
  if (!state) return null;

  const tell = (answer: { ok: true } | { ok: false; message: string }): void =>
    setProblem(answer.ok ? null : answer.message);
  const chosen = state.dictionaries.filter(({ isChosen }) => isChosen).map(({ id }) => id);
  const choose = async (isOn: boolean, languages: string[]): Promise<void> => {
    // Seen at once; what main makes of it comes with its notice.
    const dictionaries = state.dictionaries.map((each) => ({
      ...each,
      isChosen: languages.includes(each.id),
    }));
    setState({ ...state, isOn, dictionaries });
    tell(await bridge.setSpelling({ isOn, languages }));
  };

  return (
    <section aria-label="Spelling" className={styles["section"]}>
      <h3 className={styles["heading"]}>Spelling</h3>
      {problem !== null && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
      <Checkbox isChecked={state.isOn} onChange={(isOn) => void choose(isOn, chosen)}>
        Check spelling while writing
      </Checkbox>
      {state.isOn && (
        <>
          <p className={styles["words"]}>
            A word is right if any of these has it. Nothing you write leaves this device to be checked.
          </p>
          <ul className={styles["list"]} aria-label="Languages">
            {state.dictionaries.map(({ id, name, isChosen, problem: broken }) => (
              <li key={id}>
                <Checkbox
                  isChecked={isChosen}
                  onChange={(isWanted) =>
                    void choose(true, isWanted ? [...chosen, id] : chosen.filter((each) => each !== id))
                  }
                >
                  {name}
                </Checkbox>
                {broken !== null && <p className={styles["problem"]}>{broken}</p>}
              </li>
            ))}
          </ul>
          <p className={styles["words"]}>
            For other languages, put Hunspell dictionaries (two files, .aff and .dic) into the folder.
          </p>
          <Button
            label="Show the folder of dictionaries"
            onPress={() => void bridge.showDictionaries().then(tell)}
          >
            Show the folder
          </Button>
        </>
      )}
      <OwnWords words={state.words} tell={tell} />
    </section>
  );
}

function OwnWords({
  words,
  tell,
}: {
  words: readonly string[];
  tell: (answer: Awaited<ReturnType<typeof bridge.setOwnWord>>) => void;
}) {
  if (words.length === 0) return null;
  return (
    <>
      <h4 className={styles["heading"]}>Your words</h4>
      <ul className={`${styles["list"]} ${styles["bounded"]}`} aria-label="Your words">
        {words.map((word) => (
          <li key={word} className={styles["row"]}>
            <span className={styles["name"]}>{word}</span>
            <Button
              label={`Remove ${word} from the dictionary`}
              onPress={() => void bridge.setOwnWord(word, false).then(tell)}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
