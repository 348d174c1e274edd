import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";

/** @param onClose is given the words, or undefined to leave all as it is */
export function AltTextDialog({ alt, onClose }: { alt: string; onClose: (alt: string | undefined) => void }) {
  const [typed, setTyped] = useState(alt);
  return (
    <Dialog title="Describe the image" onClose={() => onClose(undefined)}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onClose(typed.trim());
        }}
      >
        <TextField
          label="Description"
          value={typed}
          onChange={setTyped}
          problem={null}
          description="Read out to people who do not see the image, and shown while it is not here."
          focusFirst
        />
        <DialogActions>
          <Button type="submit" primary label="Save description">
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
