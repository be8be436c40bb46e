// The model, by the environment: AI_URL (with AI_KEY and AI_MODEL) for a provider that speaks the OpenAI protocol; AI_MODEL alone, such as
// openai/gpt-5, for Vercel's gateway, with AI_GATEWAY_API_KEY; with neither a stand-in that needs no network.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';

const { AI_URL, AI_KEY, AI_MODEL } = process.env;

export const model: LanguageModel = await choose();

async function choose(): Promise<LanguageModel> {
  if (AI_URL !== undefined) {
    const provider = createOpenAICompatible({ name: 'configured', baseURL: AI_URL, ...(AI_KEY && { apiKey: AI_KEY }) });
    return provider(AI_MODEL ?? 'default');
  }
  return AI_MODEL ?? (await import('./stand-in.ts')).standIn;
}
