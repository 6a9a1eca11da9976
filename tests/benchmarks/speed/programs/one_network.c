/* The tutorial's network, trained window by window: forward pass, loss, gradient, Adagrad. The sizes are constants that
 * the compiler is told: STATE, BATCH, STEPS, CLASSES. Every inner loop runs along a row of a matrix. */

#include <math.h>
#include <string.h>

typedef struct {
    float w[1 + STATE][STATE], b[STATE], w2[STATE][CLASSES], b2[CLASSES];
} Weights;

#define NUMBERS (sizeof(Weights) / sizeof(float))

static float states[STEPS + 1][BATCH][STATE], errors[STEPS][BATCH][CLASSES], delta[BATCH][STATE], turned[STATE][STATE];
static Weights gradient;

static float forward(const Weights *a, const unsigned char *x, const unsigned char *y)
{
    double loss = 0;
    for (int t = 0; t < STEPS; t++)
        for (int row = 0; row < BATCH; row++) {
            const float *before = states[t][row], symbol = x[t * BATCH + row];
            float *after = states[t + 1][row], sum[STATE], logits[CLASSES], total = 0;
            for (int j = 0; j < STATE; j++)
                sum[j] = a->b[j] + symbol * a->w[0][j];
            for (int i = 0; i < STATE; i++)
                for (int j = 0; j < STATE; j++)
                    sum[j] += before[i] * a->w[1 + i][j];
            for (int j = 0; j < STATE; j++)
                after[j] = tanhf(sum[j]);
            for (int k = 0; k < CLASSES; k++)
                logits[k] = a->b2[k];
            for (int i = 0; i < STATE; i++)
                for (int k = 0; k < CLASSES; k++)
                    logits[k] += after[i] * a->w2[i][k];
            float most = logits[0];
            for (int k = 1; k < CLASSES; k++)
                most = fmaxf(most, logits[k]);
            for (int k = 0; k < CLASSES; k++)
                total += errors[t][row][k] = expf(logits[k] - most);
            int right = y[t * BATCH + row];
            loss += logf(total) + most - logits[right];
            for (int k = 0; k < CLASSES; k++)
                errors[t][row][k] = (errors[t][row][k] / total - (k == right)) / (STEPS * BATCH);
        }
    return loss / (STEPS * BATCH);
}

static void backward(const Weights *a, const unsigned char *x)
{
    memset(&gradient, 0, sizeof gradient);
    memset(delta, 0, sizeof delta);
    for (int i = 0; i < STATE; i++)
        for (int j = 0; j < STATE; j++)
            turned[j][i] = a->w[1 + i][j];
    for (int t = STEPS; t-- > 0;)
        for (int row = 0; row < BATCH; row++) {
            const float *before = states[t][row], *after = states[t + 1][row], symbol = x[t * BATCH + row];
            float sum[STATE];
            for (int k = 0; k < CLASSES; k++)
                gradient.b2[k] += errors[t][row][k];
            for (int i = 0; i < STATE; i++) {
                float d = delta[row][i];
                for (int k = 0; k < CLASSES; k++) {
                    gradient.w2[i][k] += after[i] * errors[t][row][k];
                    d += errors[t][row][k] * a->w2[i][k];
                }
                sum[i] = d * (1 - after[i] * after[i]);
            }
            for (int j = 0; j < STATE; j++) {
                gradient.b[j] += sum[j];
                gradient.w[0][j] += symbol * sum[j];
            }
            for (int i = 0; i < STATE; i++)
                for (int j = 0; j < STATE; j++)
                    gradient.w[1 + i][j] += before[i] * sum[j];
            memset(delta[row], 0, sizeof delta[row]);
            for (int j = 0; j < STATE; j++)
                for (int i = 0; i < STATE; i++)
                    delta[row][i] += sum[j] * turned[j][i];
        }
}

/* x, y: [windows][STEPS][BATCH]; weights and sums of squares: [NUMBERS], trained in place; losses: [windows]. */
void train(int windows, const unsigned char *x, const unsigned char *y, float *weights, float *sums, float *losses,
           float rate)
{
    memset(states[0], 0, sizeof states[0]);
    for (int window = 0; window < windows; window++, x += STEPS * BATCH, y += STEPS * BATCH) {
        losses[window] = forward((const Weights *)weights, x, y);
        backward((const Weights *)weights, x);
        const float *slope = (const float *)&gradient;
        for (unsigned n = 0; n < NUMBERS; n++) {
            sums[n] += slope[n] * slope[n];
            weights[n] -= rate * slope[n] / sqrtf(sums[n]);
        }
        memcpy(states[0], states[STEPS], sizeof states[0]);
    }
}
