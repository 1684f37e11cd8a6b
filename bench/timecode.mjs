// A clock in the picture. Both functions run inside a page, before its scripts; they share nothing with the product.
//
//   ┌──┬──┬──┬── … ──┐  row 1: 24 bits, white is 1: bit 0 says who draws, 1 … 23 are milliseconds modulo 2²³
//   ├──┼──┼──┼── … ──┤  row 2: the same, inverted: a frame that does not show both clearly is not counted
//   │ moving picture │  so that the encoder has work
//   └────────────────┘

/** getUserMedia gives a camera that shows the time; the microphone stays the browser's own. */
export function timecodeCamera({ who, width, height, fps }) {
  const bits = 24;
  const clock = () => Math.floor(performance.timeOrigin + performance.now()) % (1 << 23);
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let camera = null;

  function start() {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext('2d');
    const cell = Math.floor(width / bits);
    const row = Math.floor(height / 10);
    let n = 0;
    const draw = () => {
      n++;
      pen.fillStyle = `hsl(${n % 360} 50% 50%)`;
      pen.fillRect(0, 2 * row, width, height - 2 * row);
      for (let i = 0; i < 30; i++) {
        pen.fillStyle = `hsl(${(n * 7 + i * 30) % 360} 60% ${30 + i}%)`;
        pen.fillRect((i * 97 + n * 5) % width, 2 * row + ((i * 53 + n * 3) % (height - 2 * row)), width / 12, height / 12);
      }
      const code = (clock() << 1) | who;
      for (let i = 0; i < bits; i++) {
        const on = (code >> i) & 1;
        pen.fillStyle = on ? '#fff' : '#000';
        pen.fillRect(i * cell, 0, cell, row);
        pen.fillStyle = on ? '#000' : '#fff';
        pen.fillRect(i * cell, row, cell, row);
      }
    };
    // Frames are handed over as they are drawn: a captured canvas waits for the compositor, which skips what nobody sees.
    camera = new MediaStreamTrackGenerator({ kind: 'video' });
    camera.contentHint = 'motion';
    const writer = camera.writable.getWriter();
    setInterval(() => {
      if (writer.desiredSize <= 0) return;
      draw();
      writer.write(new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) }));
    }, 1000 / fps);
  }

  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = new MediaStream();
    if (wanted?.audio) for (const track of (await original({ audio: wanted.audio })).getAudioTracks()) stream.addTrack(track);
    if (wanted?.video) {
      if (!camera || camera.readyState === 'ended') start();
      stream.addTrack(camera.clone());
    }
    return stream;
  };
}

/** Reads the clock of everybody else out of every video on the page; samples gather in `__latency`. */
export function timecodeReader({ who, width }) {
  const bits = 24;
  const samples = (globalThis.__latency = { ms: [], unreadable: 0, frames: 0, sizes: {} });
  const known = new WeakSet();
  const canvas = document.createElement('canvas');
  canvas.width = bits * 4;
  canvas.height = 2;
  const pen = canvas.getContext('2d', { willReadFrequently: true });

  function read(video) {
    const w = video.videoWidth;
    const h = video.videoHeight;
    const row = h / 10;
    const cell = (Math.floor(width / bits) / width) * w; // cells are whole pixels at the sender, who may send a smaller layer
    pen.drawImage(video, 0, row * 0.5 - 1, cell * bits, 2, 0, 0, bits * 4, 1);
    pen.drawImage(video, 0, row * 1.5 - 1, cell * bits, 2, 0, 1, bits * 4, 1);
    const { data } = pen.getImageData(0, 0, bits * 4, 2);
    let code = 0;
    for (let i = 0; i < bits; i++) {
      const upper = data[(i * 4 + 2) * 4 + 1];
      const lower = data[(bits * 4 + i * 4 + 2) * 4 + 1];
      if (Math.abs(upper - lower) < 60) return null;
      if (upper > lower) code |= 1 << i;
    }
    return code;
  }

  function follow(video) {
    known.add(video);
    const onFrame = (_, frame) => {
      if (!video.isConnected && !video.srcObject) return;
      const code = read(video);
      if (code === null) {
        samples.unreadable++;
      } else if ((code & 1) !== who) {
        const shown = Math.floor(performance.timeOrigin + frame.expectedDisplayTime) % (1 << 23);
        let late = shown - (code >>> 1);
        if (late < -(1 << 22)) late += 1 << 23;
        samples.frames++;
        samples.ms.push(late);
        const size = `${video.videoWidth}x${video.videoHeight}`;
        samples.sizes[size] = (samples.sizes[size] ?? 0) + 1;
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  setInterval(() => {
    for (const video of document.querySelectorAll('video')) if (!known.has(video)) follow(video);
  }, 200);
}
