import { getBuiltinModule } from 'node:process';

/** V8's codec: what structured clone can copy, as bytes and back. */
export interface V8Codec {
  /** Throws where there is a part that cannot be copied. */
  serialize(value: unknown): Uint8Array;
  /** The value shares no memory with the bytes. */
  deserialize(bytes: Uint8Array): unknown;
}

let loaded: V8Codec | undefined;

/** Loaded when it is first needed: that takes a millisecond of a thread's start, and most agents do without. */
export function v8Codec(): V8Codec {
  loaded ??= load();
  return loaded;
}

function load(): V8Codec {
  const { DefaultDeserializer, serialize } = getBuiltinModule('node:v8');

  /** Node's views the bytes that it reads from where it can: whoever got such a view could read, and change, the rest. */
  class Decoder extends DefaultDeserializer {
    _readHostObject(): ArrayBufferView {
      // @ts-expect-error documented for subclasses, but not typed
      const view: ArrayBufferView = super._readHostObject();
      const own = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
      return Buffer.isBuffer(view) ? Buffer.from(own) : Reflect.construct(view.constructor, [own]);
    }
  }

  const deserialize = (bytes: Uint8Array): unknown => {
    const decoder = new Decoder(bytes);
    decoder.readHeader();
    return decoder.readValue();
  };
  return { serialize, deserialize };
}
