// A visit to a camera with the npm package `onvif`: node onvif_client.js MODULE ADDRESS USER PASSWORD STATE. Ends with 1 when something is wrong.
'use strict';
const assert = require('assert');
const { execFileSync } = require('child_process');
const [module_, address, username, password, state] = process.argv.slice(2);
const { Cam } = require(module_);

const url = new URL(address);
const connect = (secret) => new Promise((done, failed) => {
  const where = { hostname: url.hostname, port: url.port, path: url.pathname, timeout: 10000 };
  const camera = new Cam({ ...where, username, password: secret },
    (error) => (error ? failed(error) : done(camera)));
});
const ask = (camera, method, ...options) => new Promise((done, failed) => {
  camera[method](...options, (error, answer) => (error ? failed(error) : done(answer)));
});

/// The codec that ffprobe finds at the address.
const codecAt = (uri) => {
  const target = new URL(uri);
  if (username) Object.assign(target, { username, password });
  return execFileSync('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', '-select_streams', 'v', '-show_entries', 'stream=codec_name',
    '-of', 'csv=p=0', target.href.replace(/^http/, 'rtsp')], { encoding: 'utf8', timeout: 30000 }).trim();
};

/// Pulls events, as the client does by itself while somebody listens, until an input's change has come.
const listen = (camera) => new Promise((done, failed) => {
  const seen = [];
  const late = setTimeout(() => failed(new Error(`no event of the input: ${seen}`)), 10000);
  const change = () => fetch(state, { method: 'PUT', body: '{"what":"input","state":"active"}' }).catch(failed);
  camera.on('eventsError', failed);
  camera.on('event', (event) => {
    const { $: { PropertyOperation: operation }, data } = event.message.message;
    seen.push(`${event.topic._} ${operation} ${JSON.stringify(data)}`);
    if (!/DigitalInput/.test(event.topic._)) return;
    if (operation === 'Initialized') change();
    if (operation !== 'Changed' || data.simpleItem.$.Value !== true) return;
    clearTimeout(late);
    camera.removeAllListeners('event');
    done(seen);
  });
});

/// Where the head is, once it rests.
const rest = async (camera) => {
  for (;;) {
    const { position, moveStatus } = await ask(camera, 'getStatus', {});
    if (moveStatus.panTilt === 'IDLE' && moveStatus.zoom === 'IDLE') return position;
    await new Promise((done) => setTimeout(done, 50));
  }
};

/// Turns the head by every operation that the client has, and leaves it as it was.
const turn = async (camera) => {
  await ask(camera, 'getNodes');
  assert.ok(camera.profiles[0].PTZConfiguration);
  await ask(camera, 'absoluteMove', { x: 0.5, y: 0, zoom: 0.2 });
  assert.deepStrictEqual(await rest(camera), { x: 0.5, y: 0, zoom: 0.2 });
  await ask(camera, 'relativeMove', { x: -0.25, y: 0.5, zoom: 0.1 });
  assert.deepStrictEqual(await rest(camera), { x: 0.25, y: 0.5, zoom: 0.3 });
  await ask(camera, 'setPreset', { presetName: 'of npm' });
  const token = (await ask(camera, 'getPresets', {}))['of npm'].$.token;
  await ask(camera, 'continuousMove', { x: -0.5, y: -0.5, zoom: -0.5, timeout: 60000 });
  await ask(camera, 'stop', { panTilt: true, zoom: true });
  assert.ok((await rest(camera)).x < 0.25);
  await ask(camera, 'gotoPreset', { preset: token });
  assert.deepStrictEqual(await rest(camera), { x: 0.25, y: 0.5, zoom: 0.3 });
  await ask(camera, 'removePreset', { presetToken: token });
  await ask(camera, 'gotoHomePosition', {});
  assert.strictEqual((await rest(camera)).x, 0);
};

/// Writes into the pictures, and removes it again.
const write = async (camera) => {
  const lines = async () => (await ask(camera, 'getOSDs')).getOSDsResponse.OSDs;
  const before = (await lines()).length;
  const made = await ask(camera, 'createOSD', { position: { x: -0.5, y: 0.25 }, plaintext: 'of npm' });
  const { OSDToken } = made.createOSDResponse;
  await ask(camera, 'setOSD', { OSDToken, position: 'UpperLeft', plaintext: 'changed by npm' });
  const mine = (await lines()).find((line) => line.$.token === OSDToken);
  assert.strictEqual(mine.textString.plainText, 'changed by npm');
  assert.strictEqual(mine.position.type, 'UpperLeft');
  await ask(camera, 'deleteOSD', OSDToken);
  assert.strictEqual((await lines()).length, before);
  await assert.rejects(ask(camera, 'createOSD', { position: 'Nowhere', plaintext: 'x' }));
};

/// Sets the picture and moves the focus.
const adjust = async (camera) => {
  const before = await ask(camera, 'getImagingSettings', {});
  assert.strictEqual(before.brightness, 50);
  await ask(camera, 'setImagingSettings', { brightness: 61, contrast: 40, exposure: { mode: 'AUTO' } });
  const after = await ask(camera, 'getImagingSettings', {});
  assert.deepStrictEqual([after.brightness, after.contrast, after.colorSaturation], [61, 40, 50]);
  await ask(camera, 'setImagingSettings', { brightness: 50, contrast: 50 });
  const options = await ask(camera, 'getVideoSourceOptions', {});
  assert.deepStrictEqual(options.brightness, { min: 0, max: 100 });
  assert.ok((await ask(camera, 'imagingGetMoveOptions', {})).continuous);
  await ask(camera, 'imagingMove', { absolute: { position: 0.4, speed: 1 } });
  let status;
  do status = (await ask(camera, 'imagingGetStatus', {})).focusStatus20; while (status.moveStatus !== 'IDLE');
  assert.strictEqual(status.position, 0.4);
  await ask(camera, 'imagingMove', { continuous: { speed: -0.1 } });
  await ask(camera, 'imagingStop', {});
  await ask(camera, 'imagingMove', { absolute: { position: 0.5, speed: 1 } });
  await assert.rejects(ask(camera, 'setImagingSettings', { brightness: 101 }));
};

/// Makes a profile of the second stream, whose address gives that, and sets where the clock is asked for.
const arrange = async (camera) => {
  await ask(camera, 'createProfile', { name: 'of npm', token: 'of-npm' });
  await ask(camera, 'addVideoSourceConfiguration', { profileToken: 'of-npm', configurationToken: 'video-source' });
  await ask(camera, 'addVideoEncoderConfiguration', { profileToken: 'of-npm', configurationToken: 'sub-encoder' });
  const { uri } = await ask(camera, 'getStreamUri', { protocol: 'RTSP', profileToken: 'of-npm' });
  assert.match(uri, /\/of-npm$/);
  assert.strictEqual(codecAt(uri), username ? 'mjpeg' : 'h264');
  await ask(camera, 'deleteProfile', 'of-npm');
  await assert.rejects(ask(camera, 'deleteProfile', 'main'));
  await ask(camera, 'setNTP', { fromDHCP: false, type: 'IPv4', ipv4Address: '192.0.2.123' });
  assert.match(JSON.stringify(await ask(camera, 'getNTP')), /192\.0\.2\.123/);
  await ask(camera, 'setDNS', { fromDHCP: false, DNSManual: [{ type: 'IPv4', IPv4Address: '192.0.2.53' }] });
  assert.match(JSON.stringify(await ask(camera, 'getDNS')), /192\.0\.2\.53/);
};

(async () => {
  const camera = await connect(password);
  const information = await ask(camera, 'getDeviceInformation');
  assert.strictEqual(information.manufacturer, 'Watchrig');
  const names = camera.profiles.map((profile) => profile.$.token);
  assert.deepStrictEqual(names, ['main', 'sub']);
  const codecs = { main: 'h264', sub: 'mjpeg' };
  if (!username) Object.assign(codecs, { main: 'hevc', sub: 'h264' });
  for (const profileToken of names) {
    const { uri } = await ask(camera, 'getStreamUri', { protocol: 'RTSP', profileToken });
    assert.strictEqual(codecAt(uri), codecs[profileToken]);
    const snapshot = await ask(camera, 'getSnapshotUri', { profileToken });
    assert.match(snapshot.uri, /\/onvif\/snapshot\//);
    const account = username ? ['--digest', '--user', `${username}:${password}`] : [];
    const picture = execFileSync('curl', ['--silent', '--fail', ...account, snapshot.uri], { timeout: 30000 });
    assert.strictEqual(picture.readUInt16BE(0), 0xffd8, 'what is at the address of the snapshot is no JPEG');
  }
  assert.ok(Math.abs(await ask(camera, 'getSystemDateAndTime') - Date.now()) < 60000);
  assert.ok((await ask(camera, 'getScopes')).length >= 4);
  assert.strictEqual((await ask(camera, 'getNetworkInterfaces'))[0].enabled, true);
  const { topicSet } = await ask(camera, 'getEventProperties');
  assert.ok(topicSet.device.trigger.digitalInput);
  await listen(camera);
  await ask(camera, 'unsubscribe');
  await turn(camera);
  await write(camera);
  await adjust(camera);
  await arrange(camera);
  if (username) {
    await ask(camera, 'createUsers', [{ username: 'guest', password: 'of-npm', userLevel: 'User' }]);
    assert.deepStrictEqual((await ask(camera, 'getUsers')).map((user) => user.username).sort(), ['admin', 'guest']);
    await ask(camera, 'deleteUsers', ['guest']);
    // The client connects all the same, since the first questions are answered to everybody.
    await assert.rejects(ask(await connect('wrong'), 'getDeviceInformation'));
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
