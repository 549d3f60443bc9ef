// Runs a declarative Jenkinsfile, read by Groovy itself as Jenkins has it read:
//
//     groovy jenkins.groovy JENKINSFILE
//
// in the working directory, which is the workspace. Knows of Jenkins what the file of this repository has; a step
// or a section of another name ends it.

class Failure extends Exception {
    Failure(String message) { super(message) }
}

class Sections extends GroovyObjectSupport {
    Map variables
    Map names = [:]

    // `section NAME { … }` is a method with a closure; what is inside of it has its own names.
    def invokeMethod(String name, Object arguments) {
        def found = names[name]
        if (found == null) throw new MissingMethodException(name, Sections, arguments as Object[])
        return found.call(*(arguments as Object[]))
    }

    def getProperty(String name) {
        if (name == 'env') return variables
        if (name == 'any') return 'any'
        throw new MissingPropertyException(name, Sections)
    }

    void setProperty(String name, Object value) {
        if (name == 'variables' || name == 'names') { this.@"$name" = value; return }
        if (!this.@names['=']) throw new MissingPropertyException(name, Sections)
        this.@variables[name] = value.toString()
    }

    static void inside(Closure block, Sections sections) {
        block.delegate = sections
        block.resolveStrategy = Closure.DELEGATE_ONLY
        block.call()
    }
}

variables = new TreeMap(System.getenv())
variables.BUILD_NUMBER = '1'
variables.JENKINS_URL = 'http://jenkins.example/'
variables.BRANCH_NAME = 'main'
failed = false

def sections(Map names) { new Sections(variables: variables, names: names) }

// As Jenkins runs it: a script that is traced, and ends at the first failure.
def steps = [
    sh: { String text ->
        def script = File.createTempFile('script', '.sh')
        script.text = '#!/bin/sh -xe\n' + text
        script.executable = true
        def builder = new ProcessBuilder(script.path).inheritIO()
        builder.environment().clear()
        builder.environment().putAll(variables)
        def code = builder.start().waitFor()
        script.delete()
        if (code != 0) throw new Failure("script returned exit code $code")
    },
    junit: { Map words ->
        assert words.keySet() == ['allowEmptyResults', 'testResults'] as Set
        def report = new File(words.testResults)
        if (report.exists()) println "junit: ${new XmlSlurper().parse(report).'**'.count { it.name() == 'testcase' }}"
        else assert words.allowEmptyResults
    },
]
def stage = { String name, Closure block ->
    Sections.inside(block, sections(steps: { Closure inner ->
        if (failed) { println "stage skipped: $name"; return }
        println "stage: $name"
        try {
            Sections.inside(inner, sections(steps))
        } catch (Failure error) {
            println "stage failed: $name: ${error.message}"
            failed = true
        }
    }))
}
def pipeline = { Closure block ->
    Sections.inside(block, sections(
        agent: { assert it == 'any' },
        environment: { Closure inner -> Sections.inside(inner, sections(['=': true])) },
        stages: { Closure inner -> Sections.inside(inner, sections(stage: stage)) },
        post: { Closure inner ->
            Sections.inside(inner, sections(always: { Closure last -> Sections.inside(last, sections(steps)) }))
        },
    ))
}
def binding = new Binding(pipeline: pipeline)
new GroovyShell(binding).evaluate(new File(args[0]))
System.exit(failed ? 1 : 0)
