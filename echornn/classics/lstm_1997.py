"""Long short-term memory as in Hochreiter and Schmidhuber 1997: without a forget gate.

Section 4 and appendix A.1, with blocks of size 1. What is squashed into a memory is in -2 to 2, and
what comes out of it in -1 to 1; every gate reads all outputs. Where there gates of one kind begin
with several biases, here they begin with the one in their middle.
"""

from echornn import LINEAR, SIGMOID, Cell, Product


def step(x, state, network):
    h, c = state
    enter, value, leave = network.affine([x, h], "W", "b", SIGMOID, LINEAR, SIGMOID)
    squashed = 2 * network.tanh(0.5 * value)  # g(x) = 4 sigmoid(x) - 2
    c = c + enter * squashed
    return [leave * network.tanh(0.5 * c), c]  # h(x) = 2 sigmoid(x) - 1


def beginning_with(input_bias, output_bias):
    return Cell(
        step,
        ("h", "c"),
        (Product("W", "b", ("input", "value", "output")),),
        about="Carries h and a memory c, which nothing makes it forget.",
        formulas=("c_t = c_{t-1} + i 2 tanh(v / 2)", "h_t = o tanh(c_t / 2)"),
        gates=("input", "output"),
        limited=("h",),
        first_biases={"b": (input_bias, 0, output_bias)},
    )


ADDING = beginning_with(-4.5, 0)  # -3 and -6 there (section 5.4)
ORDER_2 = beginning_with(-3, 0)  # -2 and -4 there (section 5.6, task 6a)
ORDER_3 = beginning_with(-4, 0)  # -2, -4 and -6 there (task 6b)
REBER = beginning_with(0, -2)  # -1, -2 and -3 there (section 5.1)
