/* The tutorial's network in 16 replicas side by side: what training them takes where nothing but the arithmetic is left.

   A number of all replicas is one vector, and all that a window needs stays in the processor's first cache. Sizes are
   those of the tutorial; the losses are those of the program. */

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { S = 4, I = S + 1, B = 5, T = 15, C = 2, R = 16 };

typedef float V __attribute__((vector_size(4 * R)));
typedef struct { V w[I][S], b[S], w2[S][C], b2[C]; } Weights;

#define OF_EACH(name, function)                              \
    static inline V name(V v) {                              \
        for (int r = 0; r < R; r++) v[r] = function(v[r]);   \
        return v;                                            \
    }
OF_EACH(exp_, expf)
OF_EACH(log_, logf)
OF_EACH(sqrt_, sqrtf)

static inline V tanh_(V v) { return 1 - 2 / (exp_(2 * v) + 1); }

static inline V larger(V v, V other) {
    for (int r = 0; r < R; r++) v[r] = fmaxf(v[r], other[r]);
    return v;
}

static inline V symbols(const uint8_t *from) {
    V v;
    for (int r = 0; r < R; r++) v[r] = from[r];
    return v;
}

static void adagrad(V *weights, V *slots, const V *gradients, int count, V rate) {
    for (int i = 0; i < count; i++) {
        slots[i] += gradients[i] * gradients[i];
        weights[i] -= rate * gradients[i] / sqrt_(slots[i]);
    }
}

/* h is [T + 1][B][S]: h[0] is the state carried in. x, y are [T][B][R]. The loss is returned. */
static V window(const uint8_t *x, const uint8_t *y, Weights *n, Weights *slots, V h[T + 1][B][S], V rate) {
    V dh[T][B][S], loss = {0};
    Weights d;
    memset(&d, 0, sizeof d);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            V in = symbols(x + (t * B + b) * R), out = symbols(y + (t * B + b) * R), z[C], p[C];
            for (int j = 0; j < S; j++) {
                V sum = n->b[j] + in * n->w[0][j];
                for (int i = 0; i < S; i++) sum += h[t][b][i] * n->w[i + 1][j];
                h[t + 1][b][j] = tanh_(sum);
            }
            for (int c = 0; c < C; c++) {
                z[c] = n->b2[c];
                for (int j = 0; j < S; j++) z[c] += h[t + 1][b][j] * n->w2[j][c];
            }
            V most = larger(z[0], z[1]), e0 = exp_(z[0] - most), e1 = exp_(z[1] - most);
            loss += log_(e0 + e1) + most - (z[0] + out * (z[1] - z[0]));
            p[0] = (e0 / (e0 + e1) - (1 - out)) / (T * B);
            p[1] = (e1 / (e0 + e1) - out) / (T * B);
            for (int c = 0; c < C; c++) d.b2[c] += p[c];
            for (int j = 0; j < S; j++) {
                for (int c = 0; c < C; c++) d.w2[j][c] += h[t + 1][b][j] * p[c];
                dh[t][b][j] = p[0] * n->w2[j][0] + p[1] * n->w2[j][1];
            }
        }
    for (int t = T - 1; t >= 0; t--)
        for (int b = 0; b < B; b++) {
            V in = symbols(x + (t * B + b) * R), dz[S];
            for (int j = 0; j < S; j++) {
                dz[j] = dh[t][b][j] * (1 - h[t + 1][b][j] * h[t + 1][b][j]);
                d.b[j] += dz[j];
                d.w[0][j] += in * dz[j];
            }
            for (int i = 0; i < S; i++)
                for (int j = 0; j < S; j++) {
                    d.w[i + 1][j] += h[t][b][i] * dz[j];
                    if (t) dh[t - 1][b][i] += dz[j] * n->w[i + 1][j];
                }
        }
    adagrad((V *)n, (V *)slots, (V *)&d, sizeof d / sizeof(V), rate);
    return loss / (T * B);
}

/* Train windows of an epoch, x and y [steps][B][R], from a state of zeros; all arrays have the replicas last. */
void train(int windows, const uint8_t *x, const uint8_t *y, float *weights, float *slots, const float *rates,
           float *losses) {
    V h[T + 1][B][S], rate, loss;
    Weights n, s;
    memcpy(&n, weights, sizeof n);
    memcpy(&s, slots, sizeof s);
    memcpy(&rate, rates, sizeof rate);
    memset(h, 0, sizeof h);
    for (int at = 0; at < windows; at++) {
        loss = window(x + at * T * B * R, y + at * T * B * R, &n, &s, h, rate);
        memcpy(losses + at * R, &loss, sizeof loss);
        memcpy(h[0], h[T], sizeof h[0]);
    }
    memcpy(weights, &n, sizeof n);
    memcpy(slots, &s, sizeof s);
}
