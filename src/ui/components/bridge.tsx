/** The sign of the project: an arched bridge (懸け橋), its cable, and the water below. */
export function BridgeMark() {
  return (
    <svg class="bridge-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="bridge-deck" d="M3 21.5C9.5 12 22.5 12 29 21.5" />
      <path class="bridge-post" d="M10 16.8V11M16 14.4V8.6M22 16.8V11" />
      <path class="bridge-cable" d="M4.5 14.5C10.5 6.8 21.5 6.8 27.5 14.5" />
      <path class="bridge-water" d="M5 26.5h8.5M18.5 26.5H27" />
    </svg>
  );
}

/** The same bridge, drawn wide for the empty page. */
export function BridgeScene() {
  return (
    <svg class="bridge-scene" viewBox="0 0 480 120" aria-hidden="true" focusable="false">
      <circle class="scene-sun" cx="352" cy="38" r="19" />
      <path class="scene-hill" d="M0 92C60 60 96 74 140 92M480 92C430 56 392 70 348 92" />
      <path class="bridge-deck" d="M72 92C160 36 320 36 408 92" />
      <path class="bridge-deck scene-under" d="M92 92C172 50 308 50 388 92" />
      <path class="bridge-cable" d="M72 78C160 22 320 22 408 78" />
      <path
        class="bridge-post"
        d="M72 92V72M408 92V72M116 69.5V55.5M160 56.5V42.5M204 50.6V36.6M240 50V35.2M276 50.6V36.6M320 56.5V42.5M364 69.5V55.5"
      />
      <path
        class="bridge-water"
        d="M20 104h76M120 104h34M182 104h116M330 104h28M384 104h72M64 113h44M150 113h70M262 113h40M338 113h62"
      />
    </svg>
  );
}
