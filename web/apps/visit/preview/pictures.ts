/** Moving pictures of invented people, drawn: a camera for pages that are looked at without one. */
export function drawnPerson(hue: number, width = 640, height = 360): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('No canvas');
  const draw = (time: number) => {
    const sway = Math.sin(time / 1400) * width * 0.006;
    const ground = pen.createLinearGradient(0, 0, width, height);
    ground.addColorStop(0, `hsl(${hue} 22% 62%)`);
    ground.addColorStop(1, `hsl(${hue + 24} 18% 38%)`);
    pen.fillStyle = ground;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = `hsl(${hue} 20% 74%)`;
    pen.fillRect(width * 0.06, height * 0.08, width * 0.16, height * 0.4);
    const size = Math.min(width, height);
    const [x, y] = [width / 2 + sway, height * 0.44];
    pen.fillStyle = `hsl(${(hue + 170) % 360} 32% 32%)`;
    ellipse(pen, x, height * 1.06, size * 0.46, size * 0.4);
    pen.fillStyle = 'hsl(24 38% 52%)';
    pen.fillRect(x - size * 0.07, y + size * 0.12, size * 0.14, size * 0.2);
    pen.fillStyle = 'hsl(20 30% 20%)';
    ellipse(pen, x, y - size * 0.05, size * 0.205, size * 0.245);
    pen.fillStyle = 'hsl(24 42% 60%)';
    ellipse(pen, x, y, size * 0.17, size * 0.215);
    pen.fillStyle = 'hsl(20 30% 16%)';
    for (const side of [-1, 1]) ellipse(pen, x + side * size * 0.065, y - size * 0.02, size * 0.014, size * 0.016);
    pen.strokeStyle = 'hsl(8 42% 36%)';
    pen.lineWidth = size * 0.011;
    pen.beginPath();
    pen.arc(x, y + size * 0.06, size * 0.06, 0.25, Math.PI - 0.25);
    pen.stroke();
    // Ten pictures a second: enough to see that it moves, and cheap for eleven of them.
    setTimeout(() => draw(performance.now()), 100);
  };
  draw(0);
  return canvas.captureStream(10);
}

function ellipse(pen: CanvasRenderingContext2D, x: number, y: number, rx: number, ry: number): void {
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  pen.fill();
}

/** A soft hum that says nothing. */
export function hum(): MediaStreamTrack {
  const context = new AudioContext();
  const to = context.createMediaStreamDestination();
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  gain.gain.value = 0.12;
  oscillator.connect(gain).connect(to);
  oscillator.start();
  const [track] = to.stream.getAudioTracks();
  if (track === undefined) throw new Error('No sound');
  return track;
}
