/**
 * What a stream tells while something is being fetched.
 *
 * The answer may have been written before it was told, and takes the place of what is known: without this, the news
 * would be lost until the next change.
 */
export class Meanwhile<News> {
  readonly #open = new Map<string, Set<News[]>>();

  /** News of one study, for whoever is fetching something of it. */
  tell(study: string, news: News): void {
    for (const told of this.#open.get(study) ?? []) told.push(news);
  }

  /** What `fetch` answers, with all that was told of the study until then put on top. */
  async during<Answer>(
    study: string,
    fetch: () => Promise<Answer>,
    put: (answer: Answer, news: News) => Answer,
  ): Promise<Answer> {
    const told: News[] = [];
    const open = this.#open.get(study) ?? new Set();
    this.#open.set(study, open.add(told));
    try {
      return told.reduce(put, await fetch());
    } finally {
      open.delete(told);
      if (open.size === 0) this.#open.delete(study);
    }
  }
}
