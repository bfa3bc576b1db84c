import { InputError } from '../support/errors.ts';
import { quoted } from './bytes.ts';

// A pickle is a program for a small stack machine. This one knows the opcodes that plain data needs (protocols 2 to 4;
// https://github.com/python/cpython/blob/3.11/Lib/pickletools.py) and runs nothing: a global is looked up in a short
// list of our own stand-ins, and any other name, or any other opcode, ends the reading with its name in the error.

/** Stands for a class or function that a pickle names, such as `collections.OrderedDict`. */
export class PickleGlobal {
  /** `module.name`. */
  readonly name: string;
  /** Makes what the pickle builds with it; a global without it is only named (a type of numbers). */
  readonly call: ((args: unknown[]) => unknown) | undefined;

  constructor(name: string, call?: (args: unknown[]) => unknown) {
    this.name = name;
    this.call = call;
  }
}

/** An object that takes a state after it was made, as Python's `__setstate__` does. */
export interface Stateful {
  setState(state: unknown): void;
}

/**
 * What a class or function that is known to hold no weights would have made: nothing was called, and what the pickle
 * does with it is passed over.
 */
export class IgnoredObject implements Stateful {
  setState(): void {}
}

export interface PickleRules {
  /** The globals a pickle may name, by `module.name`. */
  globals: ReadonlyMap<string, PickleGlobal>;
  /** Whether a global stands for something that holds no weights, by `module.name`; none does unless told. */
  isIgnored?: (name: string) => boolean;
  /** What a persistent id (PyTorch: a reference to a storage) stands for; without it such ids are refused. */
  persistent?: (id: unknown) => unknown;
}

/** What comes out of a pickle: dictionaries are Maps, lists and tuples arrays, bytes Uint8Arrays. */
export interface Unpickled {
  value: unknown;
  /** The position after the pickle's last byte. */
  end: number;
}

/** More steps than this are no weight file: DenseNet-121 takes some 30,000, and each may cost a small object. */
const mostSteps = 500_000;

const mark = Symbol('mark');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one pickle that begins at `start`.
 *
 * @throws InputError for an opcode or a global outside the rules (naming it), and for a damaged pickle.
 */
export function unpickle(bytes: Uint8Array, rules: PickleRules, start = 0): Unpickled {
  return new Unpickler(bytes, rules, start).run();
}

class Unpickler {
  private readonly bytes: Buffer;
  private readonly rules: PickleRules;
  private position: number;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(bytes: Uint8Array, rules: PickleRules, start: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.rules = rules;
    this.position = start;
  }

  run(): Unpickled {
    for (let step = 0; step < mostSteps; step++) {
      const opcode = this.unsigned(1);
      if (opcode === 0x2e /* STOP */) return { value: this.pop(), end: this.position };
      this.execute(opcode);
    }
    throw new InputError(`a pickle of more than ${mostSteps} steps`);
  }

  private execute(opcode: number): void {
    const { stack } = this;
    switch (opcode) {
      case 0x80: // PROTO
        this.checkProtocol(this.unsigned(1));
        return;
      case 0x95: // FRAME: says how many bytes could be read ahead
        this.take(8);
        return;
      case 0x28: // MARK
        stack.push(mark);
        return;

      case 0x4e: // NONE
        stack.push(null);
        return;
      case 0x88: // NEWTRUE
        stack.push(true);
        return;
      case 0x89: // NEWFALSE
        stack.push(false);
        return;
      case 0x4b: // BININT1
        stack.push(this.unsigned(1));
        return;
      case 0x4d: // BININT2
        stack.push(this.unsigned(2));
        return;
      case 0x4a: // BININT
        stack.push(this.take(4).readInt32LE());
        return;
      case 0x8a: // LONG1
        stack.push(integer(this.take(this.unsigned(1))));
        return;
      case 0x47: // BINFLOAT
        stack.push(this.take(8).readDoubleBE());
        return;

      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.text(this.unsigned(1)));
        return;
      case 0x58: // BINUNICODE
        stack.push(this.text(this.unsigned(4)));
        return;
      case 0x8d: // BINUNICODE8
        stack.push(this.text(this.length8()));
        return;
      case 0x55: // SHORT_BINSTRING: a string of Python 2, whose bytes are taken as Latin-1
        stack.push(this.take(this.unsigned(1)).toString('latin1'));
        return;
      case 0x54: // BINSTRING
        stack.push(this.take(this.unsigned(4)).toString('latin1'));
        return;
      case 0x43: // SHORT_BINBYTES
        stack.push(this.take(this.unsigned(1)));
        return;
      case 0x42: // BINBYTES
        stack.push(this.take(this.unsigned(4)));
        return;
      case 0x8e: // BINBYTES8
        stack.push(this.take(this.length8()));
        return;

      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(this.popMany(opcode - 0x84));
        return;
      case 0x74: // TUPLE
        stack.push(this.popToMark());
        return;
      case 0x61: // APPEND
        this.append(this.popMany(1));
        return;
      case 0x65: // APPENDS
        this.append(this.popToMark());
        return;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        return;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        return;
      case 0x75: // SETITEMS
        this.setItems(this.popToMark());
        return;

      case 0x71: // BINPUT
        this.memo.set(this.unsigned(1), this.top());
        return;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.unsigned(4), this.top());
        return;
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return;
      case 0x68: // BINGET
        stack.push(this.recall(this.unsigned(1)));
        return;
      case 0x6a: // LONG_BINGET
        stack.push(this.recall(this.unsigned(4)));
        return;

      case 0x63: // GLOBAL
        stack.push(this.global(this.line(), this.line()));
        return;
      case 0x93: // STACK_GLOBAL
        stack.push(this.global(...(this.popMany(2) as [unknown, unknown])));
        return;
      case 0x52: // REDUCE
        stack.push(call(...(this.popMany(2) as [unknown, unknown])));
        return;
      case 0x81: // NEWOBJ
        stack.push(this.newObject(...(this.popMany(2) as [unknown, unknown])));
        return;
      case 0x62: // BUILD
        this.build();
        return;
      case 0x51: // BINPERSID
        stack.push(this.persistent(this.pop()));
        return;
    }
    throw refusedOpcode(opcode);
  }

  private checkProtocol(protocol: number): void {
    if (protocol > 4) throw new InputError(`refuses pickle protocol ${protocol}; save with protocol 2 to 4`);
  }

  private take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw new InputError('the pickle ends in the middle');
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  /** A little-endian unsigned integer of 1, 2 or 4 bytes. */
  private unsigned(size: 1 | 2 | 4): number {
    return this.take(size).readUIntLE(0, size);
  }

  private length8(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  private text(length: number): string {
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new InputError('a text in the pickle is not UTF-8');
    }
  }

  private line(): string {
    const length = this.bytes.subarray(this.position, this.position + 1000).indexOf(0x0a);
    if (length < 0) throw new InputError('a name in the pickle has no end');
    return this.take(length + 1).toString('latin1', 0, length);
  }

  private top(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === mark) throw new InputError('the pickle is damaged');
    return this.stack.at(-1);
  }

  private pop(): unknown {
    const top = this.top();
    this.stack.pop();
    return top;
  }

  private popMany(count: number): unknown[] {
    const items = this.stack.splice(-count);
    if (items.length < count || items.includes(mark)) throw new InputError('the pickle is damaged');
    return items;
  }

  private popToMark(): unknown[] {
    const start = this.stack.lastIndexOf(mark);
    if (start < 0) throw new InputError('the pickle is damaged');
    return this.stack.splice(start).slice(1);
  }

  private append(items: unknown[]): void {
    const list = this.top();
    if (list instanceof IgnoredObject) return;
    if (!Array.isArray(list)) throw new InputError('the pickle appends to what is not a list');
    for (const item of items) list.push(item);
  }

  private setItems(items: unknown[]): void {
    const dictionary = this.top();
    if (dictionary instanceof IgnoredObject) return;
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) {
      throw new InputError('the pickle sets items of what is not a dictionary');
    }
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
  }

  private recall(index: number): unknown {
    if (!this.memo.has(index)) throw new InputError(`the pickle recalls ${index}, which it never stored`);
    return this.memo.get(index);
  }

  private global(module: unknown, name: unknown): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new InputError('the pickle names a global by something other than text');
    }
    const known = this.rules.globals.get(`${module}.${name}`);
    if (!known && this.rules.isIgnored?.(`${module}.${name}`))
      return new PickleGlobal(`${module}.${name}`, () => new IgnoredObject());
    if (!known)
      throw new InputError(`refuses global ${quoted(`${module}.${name}`)}: only plain tensors are read`);
    return known;
  }

  /** An object of a class; of the classes that weights need none is made so. */
  private newObject(type: unknown, args: unknown): unknown {
    if (type instanceof PickleGlobal && this.rules.isIgnored?.(type.name)) return call(type, args);
    throw refusedOpcode(0x81);
  }

  private persistent(id: unknown): unknown {
    if (!this.rules.persistent)
      throw new InputError('refuses a persistent id, which this format does not have');
    return this.rules.persistent(id);
  }

  /** Python would set attributes or call `__setstate__`; a dictionary's attributes (`_metadata`) hold no weights. */
  private build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof Map) return;
    if (!isStateful(object))
      throw new InputError('refuses to set the state of what is neither array nor dictionary');
    object.setState(state);
  }
}

function refusedOpcode(opcode: number): InputError {
  const name = refusedOpcodes[opcode] ?? `0x${opcode.toString(16)}`;
  return new InputError(`refuses pickle opcode ${name}, which plain weights do not need`);
}

function call(callee: unknown, args: unknown): unknown {
  if (!(callee instanceof PickleGlobal)) throw new InputError('refuses to call what is not a known global');
  if (!callee.call || !Array.isArray(args)) throw new InputError(`refuses to call ${callee.name}`);
  return callee.call(args);
}

function isStateful(value: unknown): value is Stateful {
  return value instanceof Object && 'setState' in value && typeof value.setState === 'function';
}

/** A little-endian integer in two's complement: a number where that is exact, else a bigint. */
function integer(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  if ((bytes.at(-1) ?? 0) & 0x80) value -= 1n << BigInt(8 * bytes.length);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The other opcodes by name, for the message. */
const refusedOpcodes: Readonly<Record<number, string>> = {
  48: 'POP',
  49: 'POP_MARK',
  50: 'DUP',
  70: 'FLOAT',
  73: 'INT',
  76: 'LONG',
  80: 'PERSID',
  83: 'STRING',
  86: 'UNICODE',
  100: 'DICT',
  103: 'GET',
  105: 'INST',
  108: 'LIST',
  111: 'OBJ',
  112: 'PUT',
  129: 'NEWOBJ',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  139: 'LONG4',
  143: 'EMPTY_SET',
  144: 'ADDITEMS',
  145: 'FROZENSET',
  146: 'NEWOBJ_EX',
  150: 'BYTEARRAY8',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
};
