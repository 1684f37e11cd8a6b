import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { fitFor } from '../call/tiles';

/** A picture in its box: filled or whole, whichever shows more. Sound never comes from here. */
export function Video({ stream, mirrored = false, crowd = false, label, onSize }: {
  stream: MediaStream;
  mirrored?: boolean;
  /** One of many: the face counts, less what is around it. */
  crowd?: boolean;
  label: string;
  onSize?: ((width: number, height: number) => void) | undefined;
}) {
  const ref = useRef<HTMLVideoElement>(null);
  const [fit, setFit] = useState<'cover' | 'contain'>('cover');

  useLayoutEffect(() => {
    const video = ref.current;
    if (video === null) return;
    video.srcObject = stream;
    // Muted and inline, so browsers let it play; a rejection only means that it was taken away again.
    video.play().catch(() => undefined);
    return () => { video.srcObject = null; };
  }, [stream]);

  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    const measure = () => {
      const box = { width: video.clientWidth, height: video.clientHeight };
      setFit(fitFor({ width: video.videoWidth, height: video.videoHeight }, box, crowd));
      if (box.width > 0) onSize?.(box.width, box.height);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(video);
    video.addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      video.removeEventListener('resize', measure);
    };
  }, [onSize, crowd]);

  return <video ref={ref} className="picture" data-fit={fit} data-mirrored={mirrored || undefined} aria-label={label} autoPlay playsInline muted />;
}

/** Somebody's voice, through the chosen speaker. Browsers may keep it off until the person presses something. */
export function Sound({ stream, speaker, unlock, onBlocked }: {
  stream: MediaStream;
  speaker: string | null;
  /** Changes when the person has pressed "Turn on sound". */
  unlock: number;
  onBlocked: () => void;
}) {
  const ref = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const audio = ref.current;
    if (audio === null) return;
    if (audio.srcObject !== stream) audio.srcObject = stream;
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
  }, [stream, unlock, onBlocked]);

  useEffect(() => {
    const audio = ref.current as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null;
    // A speaker that is gone: the system's own choice takes over.
    if (speaker !== null) audio?.setSinkId?.(speaker).catch(() => audio.setSinkId?.('').catch(() => undefined));
  }, [speaker]);

  return <audio ref={ref} autoPlay />;
}

/** The person's own camera as a stream. */
export function useOwnStream(track: MediaStreamTrack | null): MediaStream | null {
  return useMemo(() => (track === null ? null : new MediaStream([track])), [track]);
}
