# The client of the verifier interface: nothing but an answer to the very request is one.
use strict;
use warnings;

use CPAN::Sigstore::Installer ();
use CPAN::Sigstore::JSON      ();
use CPAN::Sigstore::Release   ();
use CPAN::Sigstore::Stdio     ();
use Test::More;

# A verifier that answers each line by this code of Perl, in which `$id` is the id of the request.
sub verifier {
    my ($code) = @_;
    return CPAN::Sigstore::Stdio->new($^X, '-e', '$| = 1; while (<STDIN>) { my ($id) = /"id":(\d+)/; ' . $code . ' }');
}

my $verifier = verifier('print qq({"verifier":1,"id":$id,"finding":"trusted"}\n)');
is $verifier->ask(ask => 'program')->{finding}, 'trusted', 'reads an answer' for 1 .. 2;
my $child = fork // die "cannot fork: $!";
if (!$child) {
    require POSIX;
    POSIX::_exit($verifier->ask(ask => 'program')->{id}->text == 3 ? 0 : 1);
}
waitpid $child, 0;
is $?, 0, 'a fork has a verifier of its own';
is $verifier->ask(ask => 'program')->{finding}, 'trusted', 'and leaves that of its parent alone';

for my $case (
    [ 'an answer to another request' => 'print qq({"id":0}\n)' ],
    [ 'an answer to the next request' => '$id++; print qq({"id":$id}\n)' ],
    [ 'an answer without an id'      => 'print qq({}\n)' ],
    [ 'an id that is a text'         => 'print qq({"id":"$id"}\n)' ],
    [ 'a key twice'                  => 'print qq({"id":$id,"id":$id}\n)' ],
    [ 'no JSON'                      => 'print qq(trusted\n)' ],
    [ 'no line'                      => 'print qq({"id":$id}); exit' ],
    [ 'no answer'                    => 'exit' ],
    [ 'two answers'                  => 'print qq({"id":$id}\n{"id":$id}\n)' ],
    [ 'an answer without an end'     => 'print "x" x 2_000_000' ],
    )
{
    my ($name, $code) = @$case;
    my $answer = eval { verifier($code)->ask(ask => 'program') };
    ok ref $@ && $@->code eq 'program' && !$answer, "refuses $name" or diag $@;
}
ok !eval { CPAN::Sigstore::Stdio->new('/nowhere/cpan-sigstore')->ask(ask => 'program') }, 'refuses a program that does not start';
ok !eval { $verifier->ask(ask => 'release', packages => [ ('Foo::Bar') x 10_000 ]) }, 'refuses a request that is too long';

my $release = CPAN::Sigstore::Release->parse_path('authors/id/T/TI/TIM/Foo-1.02.tar.gz');
my $digest  = '"digest":"sha256:' . '0' x 64 . '"';
for my $case (
    [ 'allow'     => qq("finding":"trusted","decision":"allow",$digest), 'allow' ],
    [ 'warn'      => qq("finding":"unsigned","decision":"warn",$digest), 'warn' ],
    [ 'deny'      => qq("finding":"unsigned","decision":"deny"), 'deny' ],
    [ 'another decision' => qq("finding":"trusted","decision":"perhaps",$digest), 'deny' ],
    [ 'no decision'      => qq("finding":"trusted",$digest), 'deny' ],
    [ 'no finding'       => qq("decision":"allow",$digest), 'deny' ],
    [ 'an error'  => qq("finding":"trusted","decision":"allow",$digest,"error":{"code":"failed","message":"m"}), 'try-later' ],
    [ 'an error that is none' => qq("finding":"trusted","decision":"allow",$digest,"error":null), 'try-later' ],
    )
{
    my ($name, $keys, $decision) = @$case;
    my $answer = CPAN::Sigstore::JSON::decode(qq({"release":"authors/id/T/TI/TIM/Foo-1.02.tar.gz",$keys}));
    is CPAN::Sigstore::Installer::_read_answer($answer, $release)->{decision}, $decision, "reads $name as $decision";
}
my $other = CPAN::Sigstore::JSON::decode(qq({"release":"authors/id/T/TI/TIM/Foo-1.03.tar.gz","finding":"trusted","decision":"allow",$digest}));
is CPAN::Sigstore::Installer::_read_answer($other, $release)->{decision}, 'deny', 'refuses a verdict about another release';

for my $text ('policy', 'polcy=x', 'verifier=none', 'require-signed=no', 'policy=') {
    ok !eval { CPAN::Sigstore::Installer->parse_options($text); 1 }, "refuses the option $text";
}
ok !eval { CPAN::Sigstore::Installer->parse_options('policy=a', 'policy=b'); 1 }, 'refuses an option that is there twice';

done_testing;
