import type { AgentStream } from '../core/agent-stream.ts';
import type { ToolContext } from './tool-context.ts';

/**
 * What agents see of a module of tools: each of its functions without the context that it is given last, an async generator as a
 * stream, every other one as a promise. No argument can be left out, as the context comes behind them all.
 */
export type ToolsOf<Module> = {
  readonly [Name in keyof Module as Module[Name] extends (...parameters: never) => unknown
    ? Name
    : never]: Module[Name] extends (...parameters: infer Parameters) => infer Returned
    ? (...args: Asked<Parameters>) => Answered<Returned>
    : never;
};

/** What agents see of shared data that is registered with these types: nothing in it can be changed. */
export type SharedOf<Data> = { readonly [Name in keyof Data]: Frozen<Data[Name]> };

type Asked<Parameters extends unknown[]> =
  Unboxed<WithoutContext<Boxed<Parameters>>> extends infer Args extends unknown[] ? Args : never;

/** In a box each, as a parameter that is made required loses its `undefined` otherwise. */
type Boxed<Parameters extends unknown[]> = { [Index in keyof Parameters]-?: [Parameters[Index]] };
type Unboxed<Boxes extends unknown[]> = { [Index in keyof Boxes]: Boxes[Index] extends [infer Value] ? Value : never };

type WithoutContext<Boxes extends unknown[]> = Boxes extends [...infer Given, [infer Last]]
  ? IsContext<NonNullable<Last>> extends true
    ? Given
    : Boxes
  : Boxes;

type IsContext<Last> =
  IsAny<Last> extends true
    ? false
    : ToolContext extends Last
      ? [keyof Last & keyof ToolContext] extends [never]
        ? false
        : true
      : false;

type Answered<Returned> =
  IsAny<Returned> extends true
    ? Promise<Returned>
    : [Returned] extends [AsyncGenerator<infer Chunk, infer Reply, never>]
      ? AgentStream<Chunk, Awaited<Reply>>
      : Promise<Awaited<Returned>>;

type IsAny<Type> = 0 extends 1 & Type ? true : false;

type Frozen<Data> = Data extends Uint8Array
  ? Data
  : Data extends object
    ? { readonly [Name in keyof Data]: Frozen<Data[Name]> }
    : Data;
