package PAUSE::Sigstore::Result;
use 5.020;
use strict;
use warnings;

our $VERSION = '0.01';

# `decision`: publish, wait or refuse. `answer`: the gate's, or undef. `alarm`: a text for the administrators, or undef.
sub new {
    my ($class, %fields) = @_;
    return bless {%fields}, $class;
}

sub publishes { return $_[0]{decision} eq 'publish' }
sub waits     { return $_[0]{decision} eq 'wait' }
sub refused   { return $_[0]{decision} eq 'refuse' }
sub alarm     { return $_[0]{alarm} }
sub answer    { return $_[0]{answer} }
sub digest    { return $_[0]{digest} }

# The reason of the result: `not-asked`, `no-answer`, or the gate's own code.
sub reason {
    my ($self) = @_;
    return $self->{answer} ? $self->{answer}{reason} : $self->{reason};
}

# Whether the file may be published as it is now, at this path. PAUSE may have repacked it after the decision, or
# changed its path.
sub holds {
    my ($self, %now) = @_;
    return 0 if !$self->publishes;
    my $answer = $self->{answer} or return 1;
    # As without a gate: PAUSE repacks archives of other authors as ever.
    return 1 if $answer->{kind} eq 'release' && !$answer->{required};
    local $@;
    my $holds = $now{path} eq $answer->{path} && (eval { PAUSE::Sigstore::digest($now{file}) } // q()) eq $answer->{digest};
    $self->{changed} = !$holds;
    return $holds ? 1 : 0;
}

# The signer, as `NAME (ISSUER)`; undef without a valid signature by one.
sub signer {
    my ($self) = @_;
    my $answer = $self->{answer} or return;
    my $signer = $answer->{signer};
    return if !$signer || ($answer->{finding} // q()) ne 'trusted' && $answer->{reason} ne 'signed';
    return "$signer->{subject} ($signer->{issuer})";
}

# One line for the log.
sub log_line {
    my ($self) = @_;
    my $path = $self->{place} ? $self->{place}->text : 'a file';
    my $why  = $self->{answer} ? $self->{answer}{text} : $self->{fault} // $self->{reason};
    return "sigstore: $self->{decision} $path: $why" =~ s/[^\x20-\x7e]/?/gr;
}

# Subject and text of the mail about a refused file.
sub mail_refused {
    my ($self) = @_;
    my $path = $self->{place}->text;
    return ("Upload refused: $path", "$self->{answer}{mail}\n");
}

# Lines for the mail about a published file; empty if there is nothing to state.
sub mail_published {
    my ($self) = @_;
    my $answer = $self->{answer} or return q();
    return $answer->{mail} eq q() ? q() : "$answer->{mail}\n";
}

# Lines for the mail about a file that PAUSE gives up or still tries; empty if the gate does not hold it back.
sub mail_waiting {
    my ($self) = @_;
    return "PAUSE would have changed this file after the gate for signatures accepted it.\n"
        . "Its signature would prove nothing then.\n"
        if $self->{changed};
    return q() if !$self->waits;
    return $self->{answer}{mail} . "\n" if $self->{answer};
    return "The gate for signatures had no answer. Without one, PAUSE publishes no release\n"
        . "whose author requires signatures, no author record, and no bundle in the place\n"
        . "of another one. The administrators of PAUSE can see why in the log.\n";
}

1;
