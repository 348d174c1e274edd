import { useState } from "react";
import { hrefFrom } from "../../editor/links.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";

/** @param onClose is given the address, null to remove the link, or undefined to leave all as it is */
export function LinkDialog({
  href,
  onClose,
}: {
  href: string;
  onClose: (href: string | null | undefined) => void;
}) {
  const [typed, setTyped] = useState(href);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (): void => {
    const checked = hrefFrom(typed);
    if (checked) onClose(checked);
    else setProblem("Links may lead to web pages (https or http) and mail addresses.");
  };
  return (
    <Dialog title="Link" onClose={() => onClose(undefined)}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label="Address"
          value={typed}
          onChange={setTyped}
          problem={problem}
          focusFirst
          placeholder="https://"
        />
        <DialogActions>
          {href !== "" && (
            <Button label="Remove link" onPress={() => onClose(null)}>
              Remove link
            </Button>
          )}
          <Button type="submit" primary label="Set link">
            Set link
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
