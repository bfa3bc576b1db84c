/*
 * In: a library, and how a scene feels: a point or region of the plane, a quadrant, an emotion word, the shape of a
 * curve (drawn, or in words), another scene. Out: scenes with their times, the nearest first. And what a scene is: its
 * quadrant and the words nearest to it, with what its interval leaves open; calm and tense passages. In: two films of a
 * library. Out: their moments that go together, and what one lacks of the other.
 */
export { type Passage, passagesOf, type SceneClass, sceneClass } from './classify.ts';
export { compareFilms, type FilmComparison, type Span } from './comparison.ts';
export { type FilmClass, filmClass } from './film-class.ts';
export { planeStatement, type Region } from './plane-search.ts';
export { type Quadrant, quadrantOf, quadrants } from './quadrants.ts';
export type { Scene, SceneFilter } from './scene.ts';
export { Search } from './search.ts';
export { type Shape, shapeFromPoints, shapeFromWords } from './shape.ts';
export { emotionWords, nearestWords } from './words.ts';
