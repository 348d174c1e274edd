/** Text that looks like text to a compressor: words of a fixed list in a random order that is the same every time. */
const list =
  "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know".split(
    " ",
  );

export function words(chars: number): string {
  let state = 1;
  let text = "";
  while (text.length < chars) {
    // Park and Miller's generator: good enough to shuffle, and the same on every machine.
    state = (state * 48_271) % 2_147_483_647;
    text += `${list[state % list.length] ?? ""} `;
  }
  return text.slice(0, chars);
}
