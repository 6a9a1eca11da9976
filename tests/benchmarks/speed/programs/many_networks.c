/* Networks of the tutorial side by side: one_network.c with a network in each lane of a vector. The sizes are constants
 * that the compiler is told: STATE, BATCH, STEPS, CLASSES, and LANES, the networks of a vector. */

#include <math.h>
#include <string.h>

typedef float Lanes __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int Whole __attribute__((vector_size(4 * LANES), aligned(4)));
typedef unsigned char Symbols __attribute__((vector_size(LANES), aligned(1)));

typedef struct {
    Lanes w[1 + STATE][STATE], b[STATE], w2[STATE][CLASSES], b2[CLASSES];
} Weights;

#define NUMBERS (sizeof(Weights) / sizeof(Lanes))

/* The sums of exponentials of a window, each 1 to CLASSES, are multiplied, so that one logarithm is enough. */
_Static_assert(CLASSES <= 2 && STEPS * BATCH < 127, "their product would overflow");

static Lanes states[STEPS + 1][BATCH][STATE], errors[STEPS][BATCH][CLASSES];

static inline Lanes numbers(const unsigned char *symbols)
{
    return __builtin_convertvector(*(const Symbols *)symbols, Lanes);
}

static inline Lanes most(Lanes a, Lanes b)
{
    Whole first = a > b;
    return (Lanes)(((Whole)a & first) | ((Whole)b & ~first));
}

/* A ratio of polynomials, which is also how TensorFlow and XLA compute it; good to a few units of the last place. */
static inline Lanes tanh_of(Lanes x)
{
    const Lanes end = {0};
    x = most(-most(-x, end - 7.90531110763549805f), end - 7.90531110763549805f);
    Lanes s = x * x;
    Lanes over = -2.76076847742355e-16f * s + 2.00018790482477e-13f;
    over = over * s - 8.60467152213735e-11f;
    over = over * s + 5.12229709037114e-08f;
    over = over * s + 1.48572235717979e-05f;
    over = over * s + 6.37261928875436e-04f;
    over = over * s + 4.89352455891786e-03f;
    Lanes under = 1.19825839466702e-06f * s + 1.18534705686654e-04f;
    under = under * s + 2.26843463243900e-03f;
    under = under * s + 4.89352518554385e-03f;
    return x * over / under;
}

/* Of what is not above 0: a power of two times a polynomial (Cephes). */
static inline Lanes exp_of(Lanes x)
{
    const Lanes least = {0};
    x = most(x, least - 87.0f);
    Whole power = __builtin_convertvector(x * 1.44269504088896341f - 0.5f, Whole);
    Lanes whole = __builtin_convertvector(power, Lanes);
    x = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    Lanes y = 1.9875691500e-4f * x + 1.3981999507e-3f;
    y = y * x + 8.3334519073e-3f;
    y = y * x + 4.1665795894e-2f;
    y = y * x + 1.6666665459e-1f;
    y = y * x + 5.0000001201e-1f;
    y = y * x * x + x + 1.0f;
    return y * (Lanes)((power + 127) << 23);
}

static void forward(const Weights *a, const unsigned char *x, const unsigned char *y, float *losses)
{
    Lanes loss = {0}, product = loss + 1.0f;
    for (int t = 0; t < STEPS; t++)
        for (int row = 0; row < BATCH; row++, x += LANES, y += LANES) {
            const Lanes *before = states[t][row], symbol = numbers(x), right = numbers(y);
            Lanes *after = states[t + 1][row], *error = errors[t][row], logits[CLASSES], total = {0};
            for (int j = 0; j < STATE; j++) {
                Lanes sum = a->b[j] + symbol * a->w[0][j];
                for (int i = 0; i < STATE; i++)
                    sum += before[i] * a->w[1 + i][j];
                after[j] = tanh_of(sum);
            }
            for (int k = 0; k < CLASSES; k++) {
                logits[k] = a->b2[k];
                for (int i = 0; i < STATE; i++)
                    logits[k] += after[i] * a->w2[i][k];
            }
            Lanes highest = logits[0];
            for (int k = 1; k < CLASSES; k++)
                highest = most(highest, logits[k]);
            for (int k = 0; k < CLASSES; k++) {
                Whole is_right = right == (float)k;
                loss -= (Lanes)((Whole)(logits[k] - highest) & is_right);
                total += error[k] = exp_of(logits[k] - highest);
            }
            product *= total;
            for (int k = 0; k < CLASSES; k++) {
                Whole is_right = right == (float)k;
                error[k] = (error[k] / total + __builtin_convertvector(is_right, Lanes)) * (1.0f / (STEPS * BATCH));
            }
        }
    for (int n = 0; n < LANES; n++)
        losses[n] = (loss[n] + logf(product[n])) / (STEPS * BATCH);
}

static void backward(const Weights *a, const unsigned char *x, Weights *gradient)
{
    Lanes delta[BATCH][STATE];
    memset(gradient, 0, sizeof *gradient);
    memset(delta, 0, sizeof delta);
    for (int t = STEPS; t-- > 0;)
        for (int row = 0; row < BATCH; row++) {
            const Lanes *before = states[t][row], *after = states[t + 1][row], *error = errors[t][row];
            const Lanes symbol = numbers(x + (t * BATCH + row) * LANES);
            Lanes sum[STATE];
            for (int k = 0; k < CLASSES; k++)
                gradient->b2[k] += error[k];
            for (int i = 0; i < STATE; i++) {
                Lanes d = delta[row][i];
                for (int k = 0; k < CLASSES; k++) {
                    gradient->w2[i][k] += after[i] * error[k];
                    d += error[k] * a->w2[i][k];
                }
                sum[i] = d * (1.0f - after[i] * after[i]);
            }
            for (int j = 0; j < STATE; j++) {
                gradient->b[j] += sum[j];
                gradient->w[0][j] += symbol * sum[j];
            }
            for (int i = 0; i < STATE; i++) {
                Lanes d = {0};
                for (int j = 0; j < STATE; j++) {
                    gradient->w[1 + i][j] += before[i] * sum[j];
                    d += sum[j] * a->w[1 + i][j];
                }
                delta[row][i] = d;
            }
        }
}

/* x, y: [windows][STEPS][BATCH][LANES]; weights and sums of squares: [NUMBERS][LANES], trained in place; losses:
 * [windows][LANES]. */
void train(int windows, const unsigned char *x, const unsigned char *y, float *weights, float *sums, float *losses,
           float rate)
{
    const int size = STEPS * BATCH * LANES;
    Weights gradient;
    memset(states[0], 0, sizeof states[0]);
    for (int window = 0; window < windows; window++, x += size, y += size, losses += LANES) {
        forward((const Weights *)weights, x, y, losses);
        backward((const Weights *)weights, x, &gradient);
        const float *slope = (const float *)&gradient;
        for (unsigned n = 0; n < NUMBERS * LANES; n++) {
            sums[n] += slope[n] * slope[n];
            weights[n] -= rate * slope[n] / sqrtf(sums[n]);
        }
        memcpy(states[0], states[STEPS], sizeof states[0]);
    }
}
