package io.veza.edge.admin;

/** Says why a command of the runtime API was not carried out; the message is the answer, line end included. */
final class RuntimeRefusal extends RuntimeException {

    private static final long serialVersionUID = 1;

    RuntimeRefusal(String answer) {
        // Thrown where no stack is of use: to whoever typed the command.
        super(answer, null, false, false);
    }

    String answer() {
        return String.valueOf(getMessage());
    }
}
