/** The parts of WebAudio that the tone needs. */
export type ToneContext = Pick<AudioContext, 'currentTime' | 'destination' | 'createOscillator' | 'createGain'>;

/** A fourth upwards, quiet, without edges: noticed while talking, not startling. Hertz, seconds from the start. */
export const notes = [{ hertz: 523.25, at: 0 }, { hertz: 698.46, at: 0.18 }] as const;
export const loudest = 0.09;
const attack = 0.03;
const lasts = 0.7;

/** One soft arrival tone; ends by itself. */
export function playTone(context: ToneContext): void {
  const start = context.currentTime + 0.02;
  for (const note of notes) {
    const from = start + note.at;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(loudest, from + attack);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + lasts);
    const oscillator = context.createOscillator();
    oscillator.type = 'sine';
    oscillator.frequency.value = note.hertz;
    oscillator.connect(gain);
    gain.connect(context.destination);
    oscillator.onended = () => gain.disconnect();
    oscillator.start(from);
    oscillator.stop(from + lasts + 0.05);
  }
}
