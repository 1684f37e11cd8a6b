import type { Words } from './en';

const list = new Intl.ListFormat('es', { type: 'conjunction' });

/** Todo lo que dice la página, escrito en español (no traducido palabra por palabra). */
export const es: Words = {
  tag: 'es',
  own: 'Español',
  language: 'Idioma',
  product: 'Wardline',

  roles: { clinician: 'Profesional de salud', patient: 'Paciente', interpreter: 'Intérprete', family: 'Familia' },
  list: (names) => list.format(names),
  theClinician: 'su profesional de salud',
  you: 'Usted',
  code: (code) => `Código para el servicio de ayuda: ${code}`,
  tryAgain: 'Intentar otra vez',
  close: 'Cerrar',

  titles: {
    arriving: 'Abriendo su consulta',
    problem: 'No pudimos abrir la consulta',
    unsupported: 'Este navegador no sirve',
    check: 'Prepárese',
    waiting: 'Sala de espera',
    call: 'En la consulta',
    after: 'Consulta cerrada',
    knocking: (count) => `(${count}) esperando`,
  },

  arriving: { heading: 'Abriendo su consulta…', text: 'Tarda solo un momento.' },

  steps: { label: 'Su camino a la consulta', check: 'Prepararse', waiting: 'Sala de espera', call: 'Consulta', done: 'hecho', now: 'ahora' },

  problems: {
    'link.missing': {
      title: 'Abra su enlace otra vez',
      means: 'No sabemos cuál es su consulta. Su consulta sigue en pie.',
      next: 'Abra una vez más el enlace de su mensaje o correo.',
    },
    'link.several': {
      title: 'Abra su enlace otra vez',
      means: 'Varias personas han usado este navegador para esta consulta y no sabemos quién es usted.',
      next: 'Abra una vez más el enlace que le enviaron a usted.',
    },
    'identity.link-refused': {
      title: 'Este enlace no funciona',
      means: 'Puede estar incompleto, ser muy antiguo o ser de otra consulta. No ha perdido nada por abrirlo.',
      next: 'Abra el enlace completo de su mensaje más reciente. Si no sirve, llame a su clínica y pida uno nuevo.',
    },
    'network.unreachable': {
      title: 'No podemos llegar a la consulta',
      means: 'Parece que no tiene conexión o que nuestro servidor no responde. Su consulta no se ha perdido.',
      next: 'Revise su wifi o sus datos móviles e intente otra vez.',
    },
    'visit.unknown': {
      title: 'No hay ninguna consulta en esta dirección',
      means: 'Puede que la dirección esté incompleta.',
      next: 'Abra una vez más el enlace de su mensaje.',
    },
    'visit.not-invited': {
      title: 'Esta consulta no es para usted',
      means: 'Le conocemos, pero no tiene invitación a esta consulta.',
      next: 'Abra el enlace de esta consulta o llame a su clínica.',
    },
    'visit.removed': {
      title: 'Le sacaron de esta consulta',
      means: 'El profesional de salud le sacó, así que no puede volver a entrar por su cuenta.',
      next: 'Si cree que fue un error, llame a su clínica.',
    },
    'visit.full': {
      title: 'La consulta está llena',
      means: 'Ya hay doce personas en esta consulta. No caben más.',
      next: 'Espere a que alguien salga e intente otra vez.',
    },
    'page.load': {
      title: 'Una parte de esta página no se cargó',
      means: 'Todavía no ha entrado. Nadie puede verle ni oírle.',
      next: 'Revise su conexión e intente otra vez.',
    },
    other: {
      title: 'Algo falló de nuestro lado',
      means: 'Todavía no ha entrado en la consulta. Nadie puede verle ni oírle.',
      next: 'Intente otra vez. Si vuelve a pasar, llame a su clínica y lea el código en voz alta.',
    },
  },

  unsupported: {
    heading: 'Este navegador no puede entrar en la consulta',
    text: 'Su consulta está protegida para que nadie más pueda ver ni escuchar. Este navegador es demasiado antiguo para eso y no puede entrar.',
    insecure: 'Esta página no se abrió con una conexión segura y no puede entrar.',
    next: 'Qué puede hacer',
    steps: [
      'Actualice este navegador y abra su enlace otra vez,',
      'o abra su enlace en un Chrome, Edge, Firefox o Safari más nuevo. En un iPhone o iPad hace falta iOS 15.4 o posterior.',
      'Si nada sirve, llame a su clínica. Buscarán otra forma para su consulta.',
    ],
    missing: (parts) => `Para el servicio de ayuda: a este navegador le falta ${parts}.`,
  },

  check: {
    heading: '¿Se le ve y se le oye bien?',
    with: (names) => `Su consulta con ${names}`,
    visit: 'Su consulta',
    at: (time) => `Empieza: ${time}`,
    intro: 'Revise su imagen y su sonido. Después, entre.',
    clinicianIntro: 'Revise su imagen y su sonido.',
    join: 'Entrar en la consulta',
    joining: 'Entrando…',
    slow: 'Tarda más de lo normal. Seguimos intentando. Revise su wifi o sus datos móviles.',
    afterPatient: (names) => `Ahora pasará a la sala de espera. ${names} le hará pasar.`,
    afterClinician: 'Ahora entrará en la consulta. Usted hace pasar a los demás.',
    preview: 'Su imagen, tal como la verán los demás',
    asking: 'Su navegador le pide permiso para usar la cámara y el micrófono. Elija «Permitir».',
    starting: 'Encendiendo su cámara…',
    cameraOff: 'Su cámara está apagada. Puede entrar sin imagen.',
    camera: 'Cámara',
    microphone: 'Micrófono',
    speaker: 'Altavoz',
    useCamera: 'Usar mi cámara',
    useMicrophone: 'Usar mi micrófono',
    level: 'Nivel del micrófono',
    hear: 'Le oímos.',
    speak: 'Diga algo. La barra debe moverse.',
    micOff: 'Su micrófono está apagado. Los demás no le oirán.',
    change: '¿Algo no está bien?',
    testSound: 'Probar el sonido',
    testPlayed: '¿Oyó dos tonos suaves? Si no, suba el volumen o elija otro altavoz.',
    withoutBoth: 'Puede entrar sin cámara y sin micrófono. Usted verá y oirá a los demás, pero ellos no le verán ni le oirán.',
    withoutCamera: 'Entrará sin imagen. Los demás le oirán.',
    withoutMicrophone: 'Entrará sin su voz. Los demás le verán, pero no le oirán.',
    unnamed: { camera: (n) => `Cámara ${n}`, microphone: (n) => `Micrófono ${n}`, speaker: (n) => `Altavoz ${n}` },
  },

  failures: {
    camera: {
      denied: { title: 'Su navegador no nos deja usar la cámara', means: 'Los demás no pueden verle.' },
      'denied-by-system': { title: 'Su dispositivo no deja que el navegador use la cámara', means: 'Los demás no pueden verle.' },
      none: { title: 'No encontramos ninguna cámara', means: 'Los demás no pueden verle. Aun así puede hablar con ellos.' },
      busy: { title: 'Otro programa está usando la cámara', means: 'Los demás no pueden verle. Cierre el otro programa (como Zoom o Teams) e intente otra vez.' },
      lost: { title: 'La cámara dejó de funcionar', means: 'Puede que se haya desconectado. Los demás no pueden verle, pero la consulta sigue. Conéctela otra vez o elija otra cámara.' },
      failed: { title: 'La cámara no se encendió', means: 'Los demás no pueden verle. Intente otra vez o reinicie su navegador.' },
    },
    microphone: {
      denied: { title: 'Su navegador no nos deja usar el micrófono', means: 'Los demás no pueden oírle.' },
      'denied-by-system': { title: 'Su dispositivo no deja que el navegador use el micrófono', means: 'Los demás no pueden oírle.' },
      none: { title: 'No encontramos ningún micrófono', means: 'Los demás no pueden oírle. Conecte unos auriculares o use un teléfono.' },
      busy: { title: 'Otro programa está usando el micrófono', means: 'Los demás no pueden oírle. Cierre el otro programa (como Zoom o Teams) e intente otra vez.' },
      lost: { title: 'El micrófono dejó de funcionar', means: 'Puede que se haya desconectado. Los demás no pueden oírle, pero la consulta sigue. Conéctelo otra vez o elija otro micrófono.' },
      failed: { title: 'El micrófono no se encendió', means: 'Los demás no pueden oírle. Intente otra vez o reinicie su navegador.' },
    },
    both: {
      denied: { title: 'Su navegador no nos deja usar la cámara y el micrófono', means: 'Los demás no pueden verle ni oírle.' },
      'denied-by-system': { title: 'Su dispositivo no deja que el navegador use la cámara y el micrófono', means: 'Los demás no pueden verle ni oírle.' },
    },
    switched: {
      camera: (label) => `Su cámara dejó de funcionar. Ahora usamos ${label}.`,
      microphone: (label) => `Su micrófono dejó de funcionar. Ahora usamos ${label}.`,
    },
  },

  permission: {
    heading: 'Qué puede hacer',
    system: {
      mac: ['Abra Ajustes del Sistema y luego Privacidad y seguridad.', 'Abra Cámara y Micrófono y active su navegador.', 'Vuelva aquí y pulse «Intentar otra vez».'],
      windows: ['Abra la Configuración de Windows y luego Privacidad y seguridad.', 'Abra Cámara y Micrófono y active el acceso para aplicaciones de escritorio.', 'Vuelva aquí y pulse «Intentar otra vez».'],
      phone: ['Abra los Ajustes de su teléfono y busque su navegador en la lista de aplicaciones.', 'Active Cámara y Micrófono.', 'Vuelva aquí y pulse «Intentar otra vez».'],
      other: ['Abra los ajustes de privacidad de su dispositivo.', 'Permita que su navegador use la cámara y el micrófono.', 'Vuelva aquí y pulse «Intentar otra vez».'],
    },
    browser: {
      'chrome-desktop': ['Pulse el icono a la izquierda de la barra de direcciones.', 'Active Cámara y Micrófono.', 'Pulse «Intentar otra vez».'],
      'chrome-phone': ['Pulse el icono a la izquierda de la barra de direcciones y luego Permisos.', 'Active Cámara y Micrófono.', 'Pulse «Intentar otra vez».'],
      edge: ['Pulse el candado a la izquierda de la barra de direcciones.', 'Ponga Cámara y Micrófono en Permitir.', 'Pulse «Intentar otra vez».'],
      firefox: ['Pulse la cámara o el micrófono tachado en la barra de direcciones.', 'Quite el bloqueo con la ×.', 'Pulse «Intentar otra vez» y elija Permitir.'],
      'safari-mac': ['Abra el menú Safari y luego «Ajustes para este sitio web».', 'Ponga Cámara y Micrófono en Permitir.', 'Pulse «Intentar otra vez».'],
      'safari-phone': ['Pulse el icono de página a la izquierda de la barra de direcciones y luego «Ajustes del sitio web».', 'Ponga Cámara y Micrófono en Permitir.', 'Pulse «Intentar otra vez».'],
      other: ['Abra los ajustes de su navegador para esta página.', 'Permita Cámara y Micrófono.', 'Pulse «Intentar otra vez».'],
    },
  },

  waiting: {
    heading: 'Está en la sala de espera',
    seen: (names) => `${names} ya ve que usted está aquí.`,
    notHere: (names) => `${names} todavía no ha llegado. No tiene que hacer nada.`,
    next: (names) => `La consulta empieza cuando ${names} le haga pasar. No cierre esta página.`,
    back: (names) => `${names} le pide que espere aquí un momento. Ahora no puede verle ni oírle.`,
    private: 'Todavía nadie puede verle ni oírle.',
    joining: 'Pasando a la sala de espera…',
    entering: 'Entrando en la consulta…',
  },

  call: {
    heading: 'Su consulta',
    you: 'Usted',
    mute: 'Silenciar',
    unmute: 'Activar micrófono',
    stopVideo: 'Parar video',
    startVideo: 'Iniciar video',
    switchCamera: 'Cambiar de cámara',
    leave: 'Salir',
    end: 'Terminar consulta',
    endAsk: '¿Terminar la consulta para todos?',
    endYes: 'Sí, terminar para todos',
    endNo: 'No, seguir',
    more: 'Más',
    lessMore: 'Cerrar',
    controls: 'Controles',
    details: 'Sobre esta consulta',
    alone: 'Está a solas en la consulta.',
    alonePatient: (names) => `${names} vuelve en un momento. Quédese en esta página.`,
    aloneClinician: 'Cuando llegue alguien, oirá un tono suave y le verá en la sala de espera.',
    aloneKnocking: (names) => `En la sala de espera: ${names}.`,
    cameraOff: (name) => `${name} tiene la cámara apagada`,
    away: (name) => `${name} perdió la conexión. Puede volver.`,
    muted: 'sin sonido',
    securing: 'Protegiendo la llamada…',
    soundBlocked: 'Su navegador no deja sonar nada hasta que pulse aquí.',
    turnOnSound: 'Activar sonido',
    shortcuts: 'Teclas M (silenciar) y V (video)',
    devices: 'Cámara y sonido',
    people: 'En la consulta',
  },

  room: {
    heading: 'Sala de espera',
    empty: 'No espera nadie.',
    arrived: (name) => `${name} está en la sala de espera.`,
    admit: 'Hacer pasar',
    hold: 'A la sala de espera',
    holdName: (name) => `A la sala de espera: ${name}`,
    remove: 'Sacar',
    removeName: (name) => `Sacar a ${name} de la consulta`,
    removing: (name, seconds) => `${name} saldrá de la consulta en ${seconds} s.`,
    undo: 'Deshacer',
  },

  secure: {
    heading: 'Número de seguridad',
    compare: (names) => `Compare este número con ${names}:`,
    compareOthers: 'Compare este número con los demás:',
    why: 'Si es igual en todas las pantallas, nadie más puede ver ni escuchar.',
    making: 'El número aparece en cuanto alguien esté con usted y la llamada esté protegida.',
  },

  quality: {
    good: 'Buena conexión',
    fair: 'Conexión algo débil',
    poor: 'Conexión débil',
    unknown: 'Midiendo la conexión',
    none: 'Sin conexión en este momento',
    advice: {
      good: '',
      fair: 'La imagen puede verse menos nítida.',
      poor: 'Ahora el sonido va primero. Acérquese a su wifi o pare su video.',
      unknown: '',
    },
    figures: (ms, kbps, loss) =>
      [ms === null ? '' : `${Math.round(ms)} ms de retraso`, kbps === null ? '' : `${Math.round(kbps)} kbit/s`, loss === null ? '' : `${loss.toFixed(1).replace('.', ',')} % perdido`]
        .filter((part) => part !== '').join(' · '),
  },

  connection: {
    reconnecting: 'Se perdió la conexión. Le estamos conectando de nuevo.',
    reconnectingNext: 'Quédese en esta página. No tiene que hacer nada.',
    offline: 'Su dispositivo no tiene conexión.',
    offlineNext: 'Revise su wifi o sus datos móviles. La consulta sigue en cuanto vuelva la conexión.',
    back: 'Ya tiene conexión otra vez.',
  },

  idle: {
    title: '¿Hay alguien ahí?',
    text: (seconds) => `La consulta termina en ${seconds} segundos porque no pasa nada.`,
    here: 'Sigo aquí',
  },

  trouble: {
    title: 'Algo en la consulta no funcionó',
    means: 'La consulta sigue.',
    'signal.rate': 'Fue un poco rápido. Espere unos segundos e intente otra vez.',
    'signal.not-allowed': 'Solo el profesional de salud puede hacer eso.',
    'signal.unknown-participant': 'Esa persona ya no está en la consulta.',
    'signal.disconnected': 'En ese momento no había conexión. Intente otra vez en unos segundos.',
    e2ee: 'No se pudo proteger la llamada con alguien. Puede que no le vea ni le oiga hasta que recargue su página.',
    sdp: 'No se pudo enviar su imagen o su sonido. Pare su video e inícielo otra vez. Si no sirve, recargue esta página.',
    other: 'Si nota algún problema, recargue esta página. Volverá enseguida.',
  },

  after: {
    left: { heading: 'Salió de la consulta', text: 'Su cámara y su micrófono están apagados. Puede que la consulta siga, y usted puede volver.' },
    removed: { heading: 'Le sacaron de la consulta', text: (names) => `Lo hizo ${names}. Su cámara y su micrófono están apagados. Si cree que fue un error, llame a su clínica.` },
    ended: { heading: 'La consulta terminó', text: 'Su cámara y su micrófono están apagados. Su clínica le dirá qué sigue. Puede cerrar esta página.' },
    endedClinician: { heading: 'Cerró esta consulta', text: 'Terminó para todos. Puede cerrar esta página.' },
    idle: { heading: 'La consulta se cerró porque no había actividad', text: 'Su cámara y su micrófono están apagados. Puede volver a entrar cuando quiera.' },
    replaced: { heading: 'Abrió la consulta en otro lugar', text: 'Esta página está cerrada. La consulta sigue en la otra ventana o en el otro dispositivo.' },
    error: { heading: 'Se cortó la conexión con la consulta', text: 'Su cámara y su micrófono están apagados. Puede que la consulta siga.' },
    again: 'Volver a entrar',
    here: 'Usar esta página',
    callClinic: 'Si no funciona otra vez, llame a su clínica y lea el código en voz alta.',
  },

  announce: {
    muted: 'Su micrófono está silenciado.',
    unmuted: 'Los demás pueden oírle.',
    videoOff: 'Su video está apagado.',
    videoOn: 'Su video está encendido.',
    joined: (name) => `${name} entró en la consulta.`,
    gone: (name) => `${name} salió de la consulta.`,
    admitted: 'Está en la consulta.',
    held: 'Está otra vez en la sala de espera.',
    quality: (words) => `${words}.`,
    number: (digits) => `El número de seguridad es ${digits.split('').join(' ')}.`,
  },
};
