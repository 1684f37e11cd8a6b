/**
 * What this person sends. Off means off: a microphone that is off has its track disabled (the browser encodes digital
 * silence from it), a camera that is off is detached from the connection, and the page stops its track, so its light
 * goes out.
 */
export class LocalMedia {
  microphone: MediaStreamTrack | null = null;
  camera: MediaStreamTrack | null = null;
  microphoneOn = true;
  cameraOn = true;

  /** The tracks that go into the connection now. */
  get sending(): { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null } {
    return { microphone: this.microphone, camera: this.cameraOn ? this.camera : null };
  }

  /** Packets of a microphone go out (of silence too). */
  get isSendingSound(): boolean {
    return isLive(this.microphone);
  }

  /** As the others are told. */
  get announced(): { microphone: boolean; camera: boolean } {
    return { microphone: this.microphoneOn && isLive(this.microphone), camera: this.cameraOn && isLive(this.camera) };
  }

  set(tracks: { microphone?: MediaStreamTrack | null; camera?: MediaStreamTrack | null }): void {
    if (tracks.microphone !== undefined) this.microphone = tracks.microphone;
    if (tracks.camera !== undefined) this.camera = tracks.camera;
    this.apply();
  }

  switch(on: { microphone?: boolean; camera?: boolean }): void {
    this.microphoneOn = on.microphone ?? this.microphoneOn;
    this.cameraOn = on.camera ?? this.cameraOn;
    this.apply();
  }

  private apply(): void {
    if (this.microphone !== null) this.microphone.enabled = this.microphoneOn;
  }
}

function isLive(track: MediaStreamTrack | null): boolean {
  return track !== null && track.readyState === 'live';
}
