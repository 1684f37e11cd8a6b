import type { Tracks } from '../flow/flow';
import type { ResumeMark } from '../flow/resume';
import type { Desk } from './desk';

/**
 * The tracks to join with. After a reload what was on comes on again, but only where the browser does not have to
 * ask: a prompt must not stand between a person and their visit. What needs asking is asked once they are in.
 */
export async function resumeTracks(desk: Desk, mark: ResumeMark | null): Promise<Tracks> {
  if (mark !== null) {
    const granted = await desk.granted();
    const now = { camera: mark.camera && granted.camera, microphone: mark.microphone && granted.microphone };
    if (now.camera || now.microphone) await desk.start(now);
    const later = { camera: mark.camera && !now.camera, microphone: mark.microphone && !now.microphone };
    if (later.camera || later.microphone) void desk.start(later);
  }
  const { camera, microphone } = desk.state.get();
  return { camera: camera.track, microphone: microphone.track };
}
