package PAUSE::Sigstore::Answer;
use 5.020;
use strict;
use warnings;

use JSON::PP ();

our $VERSION = '0.01';

# The exit codes of each decision.
my %CODES = (accept => [0, 0], later => [3, 3], reject => [10, 14]);
# Longest texts, in characters.
my %TEXTS = (text => 1000, mail => 8000);

# Returns the answer of a run of the gate, or undef and the reason why there is none. `$expects` has kind, path and
# digest of the file.
sub of {
    my ($class, $run, $expects) = @_;
    for my $fault (qw(error timed_out too_long signal)) {
        return (undef, _fault($fault, $run)) if $run->{$fault};
    }
    my $code = $run->{code};
    my ($answer, $rest) = eval {
        my ($read, $length) = JSON::PP->new->utf8->max_depth(8)->decode_prefix($run->{output});
        ($read, substr $run->{output}, $length);
    };
    return (undef, "no answer, exit code $code: " . _line($run->{errors})) if ref $answer ne 'HASH';
    return (undef, 'more than one answer') if $rest =~ /\S/;
    my $fault = _mismatch($answer, $expects) // _disagreement($answer, $code) // _form($answer);
    return defined $fault ? (undef, $fault) : ($answer, undef);
}

sub _fault {
    my ($fault, $run) = @_;
    return {
        error     => 'cannot run the gate: ' . _line($run->{error}),
        timed_out => 'no answer in time',
        too_long  => 'the answer is too long',
        signal    => 'the gate was killed by the signal ' . ($run->{signal} // 0),
    }->{$fault};
}

# The answer is about another file.
sub _mismatch {
    my ($answer, $expects) = @_;
    return 'an answer of version ' . _line($answer->{version}) if !_is_number($answer->{version}) || $answer->{version} != 1;
    for my $key (sort keys %{$expects}) {
        return "an answer about another file: expected the $key $expects->{$key}, found " . _line($answer->{$key})
            if !_is_text($answer->{$key}) || $answer->{$key} ne $expects->{$key};
    }
    return;
}

# Decision and exit code do not agree.
sub _disagreement {
    my ($answer, $code) = @_;
    my $decision = $answer->{decision};
    return 'no decision' if !_is_text($decision) || !$CODES{$decision};
    my ($least, $most) = @{ $CODES{$decision} };
    my $stated = _is_number($answer->{exit}) ? $answer->{exit} : 'none';
    return "the decision $decision with the exit codes $code and $stated"
        if $stated ne $code || $code < $least || $code > $most;
    return;
}

sub _form {
    my ($answer) = @_;
    return 'an answer that does not state whether signatures are required' if !JSON::PP::is_bool($answer->{required});
    return 'an answer without a version of the record'
        if !_is_number($answer->{'record-version'}) || $answer->{'record-version'} !~ /\A[0-9]{1,9}\z/;
    for my $key (sort keys %TEXTS) {
        my $text = $answer->{$key};
        return "an invalid $key" if !_is_text($text) || length $text > $TEXTS{$key} || $text =~ /[^\x20-\x7e\n]/;
    }
    return 'an invalid text' if $answer->{text} =~ /\n/;
    my $signer = $answer->{signer} // {};
    return 'an invalid signer'
        if ref $signer ne 'HASH' || grep { !_is_text($_) || /[^\x20-\x7e]/ || length > 1000 } values %{$signer};
    return 'an incomplete signer' if %{$signer} && grep { !defined $signer->{$_} } qw(subject issuer);
    return 'an invalid reason' if !_is_code($answer->{reason});
    return 'an invalid finding' if defined $answer->{finding} && !_is_code($answer->{finding});
    return;
}

sub _is_text {
    my ($value) = @_;
    return defined $value && !ref $value;
}

sub _is_code {
    my ($value) = @_;
    return _is_text($value) && $value =~ /\A[a-z][a-z-]{0,63}\z/;
}

sub _is_number {
    my ($value) = @_;
    return defined $value && !ref $value && $value =~ /\A[0-9]+\z/;
}

sub _line {
    my ($text) = @_;
    $text = defined $text && !ref $text ? $text : 'none';
    $text =~ s/[^\x20-\x7e]+/ /g;
    return substr $text, 0, 200;
}

1;
