// @ts-check
/** Takes a picture or records sound; only where the browser allows that: on localhost or by HTTPS. */
import { announce, button, fill, h } from '../dom.js';

/** Sound as a WAV file of 16 bits and one channel. @param {Blob} blob of any kind that the browser can play */
async function wav_of(blob) {
  const sound = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(await blob.arrayBuffer());
  const samples = sound.getChannelData(0);
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const words = (/** @type {number} */ at, /** @type {(string | number)[]} */ ...given) => given.forEach((word, index) => {
    if (typeof word === 'number') bytes.setUint32(at + 4 * index, word, true);
    else [...word].forEach((letter, offset) => bytes.setUint8(at + 4 * index + offset, letter.charCodeAt(0)));
  });
  // Whole numbers of 16 bits come two at a time: PCM and one channel; two bytes a moment and 16 bits.
  words(0, 'RIFF', bytes.byteLength - 8, 'WAVE', 'fmt ', 16, 0x10001, sound.sampleRate, 2 * sound.sampleRate, 0x100002, 'data', 2 * samples.length);
  samples.forEach((value, at) => bytes.setInt16(44 + 2 * at, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new File([bytes], 'recording.wav', { type: 'audio/wav' });
}

/** @param {string | string[] | undefined} accept @param {(file: File) => void} taken @returns {HTMLElement} */
export function record(accept, taken) {
  const element = h('span', { class: 'capture' });
  if (!navigator.mediaDevices?.getUserMedia) return element;
  const wanted = String(accept ?? '');
  const says = (/** @type {string} */ kind) => wanted === '' || wanted.includes(kind);
  const idle = () => fill(element,
    says('image') && button('Take a picture', picture, { icon: 'camera', class: 'quiet' }),
    says('audio') && button('Record sound', sound, { icon: 'microphone', class: 'quiet' }));

  /** @param {MediaStreamConstraints} of */
  async function open(of) {
    try {
      return await navigator.mediaDevices.getUserMedia(of);
    } catch {
      announce('The browser gave no access to it', true);
      fill(element, h('span', { class: 'problem' }, 'No access'));
      setTimeout(idle, 3000);
      return null;
    }
  }
  /** @param {MediaStream} stream */
  const close = (stream) => stream.getTracks().forEach((track) => track.stop());

  async function picture() {
    const stream = await open({ video: true });
    if (!stream) return;
    const video = h('video', { autoplay: true, muted: true, playsinline: true, class: 'viewfinder' });
    video.srcObject = stream;
    const end = () => {
      close(stream);
      idle();
    };
    const take = () => {
      const canvas = h('canvas', { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext('2d').drawImage(video, 0, 0);
      canvas.toBlob((/** @type {Blob | null} */ blob) => {
        if (blob) taken(new File([blob], 'camera.png', { type: 'image/png' }));
        end();
      }, 'image/png');
    };
    const shutter = button('Take it', take, { class: 'small' });
    fill(element, video, shutter, button('Stop', end, { class: 'small' }));
    shutter.focus();
  }

  async function sound() {
    const stream = await open({ audio: true });
    if (!stream) return;
    const recorder = new MediaRecorder(stream);
    /** @type {Blob[]} */
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
      clearInterval(clock);
      close(stream);
      idle();
      const type = (recorder.mimeType || 'audio/webm').split(';')[0];
      const recorded = new File(parts, `recording.${type.split('/')[1]}`, { type });
      const only_wav = /wav/.test(wanted) && !/audio\/\*/.test(wanted) && !wanted.includes(type);
      taken(only_wav ? await wav_of(recorded).catch(() => recorded) : recorded);
    };
    recorder.start();
    const began = Date.now();
    const stop = button('Stop recording', () => recorder.stop(), { class: 'small recording' });
    const clock = setInterval(() => {
      stop.textContent = `Stop recording, ${Math.floor((Date.now() - began) / 1000)} s`;
    }, 250);
    fill(element, stop);
    stop.focus();
  }
  idle();
  return element;
}
